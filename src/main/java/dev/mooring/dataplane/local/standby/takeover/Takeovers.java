package dev.mooring.dataplane.local.standby.takeover;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Takeovers that nobody has been told of yet, each a file: they happen also while nobody can be told. */
public final class Takeovers {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String END = ".json";

    private Takeovers() {}

    private static Path folder(ClusterFolder main) {
        return main.root().resolve("takeovers");
    }

    static void write(ClusterFolder main, Takeover takeover) throws IOException {
        if (Files.notExists(folder(main))) {
            Files.createDirectory(folder(main));
            DurableFiles.sync(main.root());
        }
        MooringHome.write(folder(main).resolve(takeover.term() + END), JSON.writeValueAsString(takeover), "rw-------");
    }

    /** Oldest first. */
    public static List<Takeover> untold(ClusterFolder main) throws IOException {
        List<Takeover> found = new ArrayList<>();
        if (Files.isDirectory(folder(main))) {
            try (var files = Files.list(folder(main))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(END)).toList()) {
                    found.add(JSON.readValue(Files.readAllBytes(file), Takeover.class));
                }
            }
        }
        found.sort(Comparator.comparingLong(Takeover::term));
        return found;
    }

    public static void told(ClusterFolder main, Takeover takeover) throws IOException {
        DurableFiles.delete(folder(main).resolve(takeover.term() + END));
    }
}
