package dev.mooring.dataplane.local.standby.node;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * That a node is to take the primary's place, as a file beside the data directories, from before the first of them is touched until the
 * new primary lets clients in.
 *
 * @param slot of the follower
 * @param from the name of the node that was the primary
 * @param to the name of the one that becomes it
 * @param planned whether the primary was shut down for it
 * @param back whether the follower did not start there, and the old primary takes its place again
 * @param reason in words
 * @param begunAt RFC 3339
 * @param walLost whether the primary's WAL is known to be lost
 * @param slotsLost those of its slots that are lost with it
 */
@RecordBuilder
@RegisterForReflection
public record SwapIntent(
        int slot,
        String from,
        String to,
        boolean planned,
        boolean back,
        String reason,
        String begunAt,
        boolean walLost,
        List<String> slotsLost)
        implements SwapIntentBuilder.With {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static Path file(ClusterFolder main) {
        return main.root().resolve("take-over.json");
    }

    public static boolean isThere(ClusterFolder main) {
        return Files.exists(file(main));
    }

    /** Of a swap that was begun and has not ended. */
    public static Optional<SwapIntent> read(ClusterFolder main) throws IOException {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(file(main)), SwapIntent.class));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    public void write(ClusterFolder main) throws IOException {
        MooringHome.write(file(main), JSON.writeValueAsString(this), "rw-------");
    }

    public static void delete(ClusterFolder main) throws IOException {
        DurableFiles.delete(file(main));
    }
}
