package dev.mooring.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of the disk, as the runtime itself records it. */
class DurableFilesTest {

    @TempDir
    Path folder;

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    /** The files and folders that were forced onto the disk, in order. */
    private List<Path> forced(Work work) throws Exception {
        Path events = folder.resolve("events.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.FileForce").withoutThreshold();
            recording.start();
            work.run();
            recording.stop();
            recording.dump(events);
        }
        List<RecordedEvent> all = new ArrayList<>(RecordingFile.readAllEvents(events));
        Files.delete(events);
        all.sort(Comparator.comparing(RecordedEvent::getStartTime));
        // Servers of other tests may be at work in the same process.
        all.removeIf(event ->
                event.getThread().getJavaThreadId() != Thread.currentThread().threadId());
        return all.stream().map(event -> Path.of(event.getString("path"))).toList();
    }

    @Test
    void everyLevelOfANewHomeIsOnTheDiskInTheOneAbove() throws Exception {
        Path home = folder.resolve("a/b/home");
        assertThat(forced(() -> new MooringHome(home).create()))
                .startsWith(folder, folder.resolve("a"), folder.resolve("a/b"), home);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
                .isEqualTo("rwx--x--x");
        assertThat(forced(() -> new MooringHome(home).create())).isEmpty();
    }

    @Test
    void aFileIsOnTheDiskBeforeItTakesItsNameAndItsNameBeforeTheCallReturns() throws Exception {
        Path file = folder.resolve("file");
        assertThat(forced(() -> MooringHome.write(file, "new", "rw-------")))
                .containsExactly(folder.resolve("file.partial"), folder);
        assertThat(file).hasContent("new");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(forced(() -> DurableFiles.delete(file))).containsExactly(folder);
        assertThat(forced(() -> DurableFiles.delete(file))).isEmpty();
    }

    @Test
    void theKeyOfAllSecretsIsOnTheDiskWithEveryFolderAboveIt() throws Exception {
        MooringHome home = new MooringHome(folder.resolve("home"));
        assertThat(forced(() -> {
                    home.create();
                    Vault.open(home, null);
                    home.nodeId();
                }))
                .containsSubsequence(
                        folder,
                        home.root(),
                        home.keys().resolve("encryption-key.partial"),
                        home.keys(),
                        home.root().resolve("node-id.partial"),
                        home.root());
    }

    @Test
    void whatAnEndInTheMiddleHasLeftIsNoFile() throws Exception {
        Path file = folder.resolve("file");
        MooringHome.write(file, "old", "rw-------");
        Files.writeString(folder.resolve("file.partial"), "ne");
        assertThat(file).hasContent("old");
        MooringHome.write(file, "new", "rw-------");
        assertThat(file).hasContent("new");
        assertThat(folder.resolve("file.partial")).doesNotExist();
    }

    @Test
    void aMoveAndATreeAreOnTheDiskToo() throws Exception {
        Path from = Files.createDirectories(folder.resolve("from/tree/inner")).getParent();
        Path to = Files.createDirectory(folder.resolve("to"));
        Files.writeString(from.resolve("inner/file"), "content");
        Files.createSymbolicLink(from.resolve("link"), Path.of("nowhere"));
        DurableFiles.syncTree(from);
        assertThat(forced(() -> DurableFiles.move(from, to.resolve("tree"))))
                .containsExactlyInAnyOrder(to, folder.resolve("from"));
        assertThat(to.resolve("tree/inner/file")).hasContent("content");
    }

    @Test
    void aDamagedKeyIsNamedByItsFile() throws Exception {
        MooringHome home = new MooringHome(folder.resolve("home"));
        home.create();
        Files.writeString(home.keys().resolve("encryption-key"), "");
        assertThatThrownBy(() -> Vault.open(home, null))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("encryption-key is damaged");
        Files.writeString(home.root().resolve("node-id"), "");
        assertThatThrownBy(home::nodeId).isInstanceOf(IOException.class).hasMessageContaining("node-id is damaged");
    }
}
