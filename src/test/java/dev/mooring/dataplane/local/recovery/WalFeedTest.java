package dev.mooring.dataplane.local.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.Damaged;
import dev.mooring.dataplane.local.archive.Segment;
import dev.mooring.dataplane.local.archive.StoredWal;
import dev.mooring.process.ServerAccount;
import dev.mooring.support.GeneratedText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments on their way from an archive to whoever runs restore_command as PostgreSQL does. */
class WalFeedTest {

    private static final String SEGMENT = "000000010000000000000003";
    private static final int LONGEST_NAME = 255;
    private static final Segment FIRST = new Segment(1, 3);

    @TempDir
    Path home;

    private final GeneratedText generated = new GeneratedText();
    private StoredWal wal;
    private WalFeed feed;

    @BeforeEach
    void makeArchive() {
        wal = new StoredWal(home.resolve("archive"));
    }

    @AfterEach
    void close() {
        if (feed != null) {
            feed.close();
        }
    }

    private static Segment segment(int index) {
        return new Segment(1, FIRST.number() + index);
    }

    private void store(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            wal.put(segment(i));
        }
    }

    private WalFeed feed(long through) {
        RecoveryFacts facts = new RecoveryFacts(
                null,
                null,
                null,
                0,
                1,
                FIRST.start(),
                FIRST.start(),
                through,
                null,
                null,
                List.of(),
                null,
                List.of(),
                null,
                null);
        return new WalFeed(home.resolve("wal"), wal.archive(), ServerAccount.choose(null), facts);
    }

    private static org.awaitility.core.ConditionFactory await(String what) {
        return Awaitility.await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
    }

    private List<String> ready() throws IOException {
        try (var files = Files.list(home.resolve("wal/ready"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(Segment::isName)
                    .sorted()
                    .toList();
        }
    }

    /** How many segments lie there, whole or not yet. */
    private int laidOut() throws IOException {
        Set<String> names = new HashSet<>();
        // Not a walk: files come and go, and change their names.
        for (String folder : List.of("wal", "wal/ready")) {
            try (var files = Files.list(home.resolve(folder))) {
                files.map(file -> file.getFileName().toString().replaceAll("[^0-9A-F]", ""))
                        .filter(Segment::isName)
                        .forEach(names::add);
            }
        }
        return names.size();
    }

    private Process ask(String name) throws IOException {
        return new ProcessBuilder("sh", "-c", feed.command().replace("%f", name).replace("%p", "taken"))
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** As the server does: asks, and waits as long as it takes. */
    private void isServed(Segment segment) throws Exception {
        Process server = ask(segment.name());
        await(segment.name()).until(() -> {
            feed.serve();
            assertThat(ready()).hasSizeLessThanOrEqualTo(WalFeed.AHEAD + 1);
            return !server.isAlive();
        });
        assertThat(server.exitValue()).isZero();
        assertThat(Files.readAllBytes(home.resolve("taken"))).isEqualTo(StoredWal.content(segment));
        Files.delete(home.resolve("taken"));
    }

    private void fails(Segment segment, String... words) throws Exception {
        Process server = ask(segment.name());
        try {
            assertThatThrownBy(() -> await("error").until(() -> {
                        feed.serve();
                        return !server.isAlive();
                    }))
                    .isInstanceOf(Damaged.class)
                    .hasMessageContainingAll(words);
            assertThat(server.isAlive()).as("it is not told that WAL ends here").isTrue();
        } finally {
            server.descendants().forEach(ProcessHandle::destroyForcibly);
            server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void segmentsLieReadyBeforeTheServerAsksAndTakeBoundedRoom() throws Exception {
        int count = WalFeed.AHEAD + 3;
        store(count);
        feed = feed(segment(count).start());
        feed.make(true);
        await("as many as may").until(() -> {
            feed.serve();
            assertThat(laidOut()).isLessThanOrEqualTo(WalFeed.AHEAD);
            return ready().size() == WalFeed.AHEAD;
        });
        assertThat(feed.serve()).isZero();
        assertThat(ready()).hasSize(WalFeed.AHEAD).startsWith(FIRST.name());
        // Without Mooring the server goes on with what lies there.
        Process server = ask(FIRST.name());
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
        await("one more").until(() -> feed.serve() == Segment.SIZE);
        for (int i = 1; i < count; i++) {
            isServed(segment(i));
        }
        Process last = ask(segment(count).name());
        await("the end").until(() -> {
            feed.serve();
            return !last.isAlive();
        });
        assertThat(last.exitValue()).isEqualTo(1);
    }

    /** A checkpoint's record may lie far behind the place where the checkpoint began, and PostgreSQL reads it first. */
    @Test
    void aServerThatGoesBackIsFollowed() throws Exception {
        int count = 2 * WalFeed.AHEAD;
        store(count);
        feed = feed(segment(count).start());
        feed.make(true);
        isServed(segment(count - 2));
        for (int i = 0; i < count; i++) {
            isServed(segment(i));
        }
    }

    @Test
    void nothingIsLaidOutAheadBehindTheEndThatIsAskedFor() throws Exception {
        store(3);
        feed = feed(segment(3).start());
        feed.endsAt(segment(1).start() + 100);
        feed.make(true);
        await("two").until(() -> feed.serve() == 0 && ready().size() == 2);
        isServed(segment(0));
        isServed(segment(1));
        assertThat(ready()).isEmpty();
        isServed(segment(2));
    }

    @Test
    void aMissingSegmentInTheMiddleIsAnErrorWhenTheServerComesThereAndNoEnd() throws Exception {
        store(4);
        feed = feed(segment(4).start());
        wal.remove(segment(1));
        feed.make(true);
        isServed(segment(0));
        fails(segment(1), "segment " + segment(1).name() + " is missing", "is lost");
    }

    @Test
    void aDamagedSegmentInTheMiddleIsAnErrorWhenTheServerComesThereAndNoEnd() throws Exception {
        store(4);
        feed = feed(segment(4).start());
        wal.damage(segment(1));
        feed.make(true);
        isServed(segment(0));
        fails(segment(1), segment(1).name() + ".zst is damaged", "is lost");
    }

    @Test
    void aLastSegmentThatIsNotWholeHasToReachAsFarAsIsKnown() throws Exception {
        store(1);
        int half = Segment.SIZE / 2 + 1;
        wal.put(segment(1), 0, 100_000);
        wal.put(segment(1), 100_000, half);
        feed = feed(segment(1).start() + half);
        feed.make(true);
        isServed(segment(0));
        isServed(segment(1));
        feed.close();
        feed = feed(segment(1).start() + half + 1);
        feed.make(true);
        isServed(segment(0));
        fails(segment(1), "segment " + segment(1).name() + " is missing", "is lost");
    }

    /** One Mooring was killed while it fetched ahead; the server has gone on, and the next one knows nothing of that. */
    @Test
    void anotherMooringGoesOnWhereTheServerIs() throws Exception {
        store(6);
        feed = feed(segment(6).start());
        feed.make(true);
        isServed(segment(0));
        feed.close();
        for (String name : ready()) {
            Files.delete(home.resolve("wal/ready").resolve(name));
        }
        Files.write(home.resolve("wal/." + segment(4).name() + ".new"), new byte[10]);
        Files.write(home.resolve("wal/ready/." + segment(4).name() + ".new"), new byte[10]);
        feed = feed(segment(6).start());
        assertThat(feed.serve()).isZero();
        assertThat(ready()).as("nobody has asked yet").isEmpty();
        for (int i = 3; i < 6; i++) {
            isServed(segment(i));
        }
        // As PostgreSQL does when it has come to the end.
        isServed(segment(5));
    }

    /** PostgreSQL replaces what begins with a percent sign, and a shell reads the rest. */
    @Test
    void theServerFindsItsWalWhateverTheFolderIsCalled() throws Exception {
        int made = 0;
        for (String text : generated.texts(60)) {
            String name = text.replace("/", "_");
            if (name.isBlank() || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
                continue;
            }
            Path folder = Files.createDirectory(home.resolve(made++ + name).normalize());
            WalFeed feed = new WalFeed(folder.resolve("wal"), null, ServerAccount.choose(null), RecoveryFacts.NONE);
            feed.make(true);
            // Every other time it has to ask, and finds it there after all.
            Path laid = folder.resolve("wal/ready").resolve(SEGMENT);
            boolean late = made % 2 == 0;
            if (!late) {
                Files.writeString(laid, "WAL");
            }
            String command = feed.command()
                    .replace("%%", "\uffff")
                    .replace("%f", SEGMENT)
                    .replace("%p", "taken")
                    .replace("\uffff", "%");
            Process shell = new ProcessBuilder("sh", "-c", command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            if (late) {
                await("its wish")
                        .until(() -> Files.exists(folder.resolve("wal/wanted").resolve(SEGMENT)));
                Files.writeString(folder.resolve("WAL"), "WAL");
                Files.move(folder.resolve("WAL"), laid);
            }
            String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(shell.waitFor()).as("%s %s", output, generated.seed()).isZero();
            assertThat(Files.readString(folder.resolve("taken"))).isEqualTo("WAL");
        }
        assertThat(made).isGreaterThan(50);
    }
}
