package dev.mooring.dataplane.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every storage of archives has to do, asked of a folder and of a server that speaks S3. */
class ArchiveStoreTest {

    /** More than goes in one request. */
    private static final int LARGE = 21 << 20;

    @TempDir
    static Path folder;

    private static S3Server server;

    @BeforeAll
    static void start() throws IOException {
        server = new S3Server();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    static Stream<ArchiveStore> stores() {
        return Stream.of(new FolderStore(folder, "folder"), new S3Store(server.archive(), S3Server.BUCKET));
    }

    private static void put(ArchiveStore store, String key, byte[] content) throws IOException {
        assertThat(store.put(key, out -> out.write(content))).isEqualTo(content.length);
    }

    private static byte[] get(ArchiveStore store, String key) throws IOException {
        try (InputStream in = store.open(key)) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @MethodSource("stores")
    void whatIsPutIsFoundReplacedAndDeleted(ArchiveStore store) throws IOException {
        put(store, "a/one", new byte[] {1});
        put(store, "a/b/two", new byte[] {2, 2});
        put(store, "ab/three", new byte[0]);
        put(store, "a/one", new byte[] {1, 1, 1});
        assertThat(get(store, "a/one")).containsExactly(1, 1, 1);
        assertThat(get(store, "ab/three")).isEmpty();
        assertThat(store.list("a"))
                .containsExactlyInAnyOrder(new ArchiveStore.Stored("a/one", 3), new ArchiveStore.Stored("a/b/two", 2));
        store.delete("a/one");
        store.delete("a/one");
        assertThat(store.list("a")).containsExactly(new ArchiveStore.Stored("a/b/two", 2));
        assertThat(store.list("nothing")).isEmpty();
        assertThatThrownBy(() -> store.open("a/one")).isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @MethodSource("stores")
    void largeObjectsComeBackAsTheyWere(ArchiveStore store) throws IOException {
        byte[] content = new byte[LARGE];
        new Random(7).nextBytes(content);
        put(store, "large/object", content);
        assertThat(get(store, "large/object")).isEqualTo(content);
    }

    @ParameterizedTest
    @MethodSource("stores")
    void whatIsNotFinishedIsNotThere(ArchiveStore store) {
        assertThatThrownBy(() -> store.put("broken/object", out -> {
                    out.write(new byte[LARGE]);
                    throw new IOException("in the middle");
                }))
                .hasMessageContaining("in the middle");
        assertThatThrownBy(() -> store.open("broken/object")).isInstanceOf(NoSuchFileException.class);
    }
}
