package dev.mooring.dataplane.local.upgrade;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.MooringHome;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The moment from which on a copy goes its own way, and what later has to be the same in the server that serves.
 *
 * @param position in the WAL: the copy has what was committed before, and gets what is committed later
 * @param databases in the order of their slots
 * @param definitions as the copy has them
 * @param carried counts of the server that serves, just before
 */
@RegisterForReflection
public record Fork(String position, List<String> databases, Definitions definitions, Carried carried) {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static Path file(ClusterFolder coming) {
        return coming.root().resolve("fork.json");
    }

    public static Optional<Fork> of(ClusterFolder coming) throws IOException {
        Path file = file(coming);
        return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), Fork.class)) : Optional.empty();
    }

    public void write(ClusterFolder coming) throws IOException {
        MooringHome.write(file(coming), JSON.writeValueAsString(this), "rw-------");
    }
}
