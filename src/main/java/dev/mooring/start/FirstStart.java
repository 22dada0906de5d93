package dev.mooring.start;

import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a start makes in an empty folder, so that one that fails leaves it as it was. */
final class FirstStart {

    private final MooringHome home;
    private final boolean there;
    private boolean mine;

    private FirstStart(MooringHome home, boolean there, boolean mine) {
        this.home = home;
        this.there = there;
        this.mine = mine;
    }

    /** Before anything is made. */
    static FirstStart on(MooringHome home) throws IOException {
        boolean there = Files.exists(home.root());
        return new FirstStart(home, there, !there || entries(home.root()).isEmpty());
    }

    /** Another Mooring may have been here before the lock was this one's. */
    void locked() {
        mine &= Files.notExists(home.metadata().resolve("data"))
                && Files.notExists(home.keys().resolve("encryption-key"));
    }

    /** Nothing where the folder was somebody's before. */
    void undo() throws IOException {
        if (!mine) {
            return;
        }
        for (Path entry : entries(home.root())) {
            MooringHome.deleteTree(entry);
        }
        if (!there) {
            Files.delete(home.root());
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
