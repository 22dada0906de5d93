package dev.mooring.app.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command under a name runs once, whenever whoever starts it is stopped. Under the account of the tests themselves. */
class WorkTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Limits LIMITS = new Limits(1L << 30, 100, 100);

    @TempDir
    Path folder;

    private Path runs;
    private ManagedProcess work;

    @BeforeEach
    void begin() {
        runs = folder.resolve("runs");
        work = work();
    }

    /** As whoever comes next sees it. */
    private ManagedProcess work() {
        return new ManagedProcess(folder.resolve("work"), ServerAccount.moorings());
    }

    private void start(String command) throws Exception {
        work.start(command, folder, Map.of("RUNS", runs.toString(), "PATH", System.getenv("PATH")), LIMITS);
    }

    private void awaitEnd() {
        Awaitility.await("ended").atMost(SOON).until(() -> work().exit().isPresent() || !work().running());
    }

    private long waiting() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().commandLine().orElse("").contains(folder.toString()))
                .count();
    }

    @Test
    void itRunsOnceAndItsEndIsKnown() throws Exception {
        start("echo run >>\"$RUNS\"; exit 3");
        awaitEnd();
        assertThat(work().started()).isTrue();
        assertThat(work().exit()).hasValue(3);
        assertThat(runs).hasContent("run");
    }

    /** A full disk, or a kill, in the moment between its start and the note of it. */
    @Test
    void whatCouldNotBeNotedHasNotRunAndHasNoSayInWhatRunsNext() throws Exception {
        Path inTheWay = folder.resolve("work/pid.partial");
        Files.createDirectories(inTheWay.resolve("full"));
        assertThatThrownBy(() -> start("echo first >>\"$RUNS\"")).isInstanceOf(IOException.class);
        assertThat(work().started()).isFalse();
        Awaitility.await("nothing of it is left").atMost(SOON).until(() -> waiting() == 0);
        assertThat(runs).doesNotExist();
        Files.delete(inTheWay.resolve("full"));
        start("echo second >>\"$RUNS\"");
        awaitEnd();
        assertThat(work().started()).isTrue();
        assertThat(work().exit()).hasValue(0);
        assertThat(runs).hasContent("second");
    }

    @Test
    void whatAnEarlierStartStillSaysIsNotAboutThisOne() throws Exception {
        start("echo run >>\"$RUNS\"; exit 0");
        awaitEnd();
        // The shell of a start that came to nothing, late on a machine that has much to do.
        Files.writeString(folder.resolve("work/exit"), "unbegun\n");
        assertThat(work().started()).isTrue();
        assertThat(work().exit()).hasValue(0);
    }

    @Test
    void aNoteThatIsDamagedIsNoReasonToRunItTwice() throws Exception {
        start("echo run >>\"$RUNS\"");
        awaitEnd();
        Files.writeString(folder.resolve("work/pid"), "");
        assertThat(work().started()).isTrue();
        assertThat(work().running()).isFalse();
        assertThat(work().exit()).isEmpty();
    }

    @Test
    void aProcessOfAnotherTimeOrAnotherBootIsNotThisOne() throws Exception {
        start("sleep 600");
        assertThat(work().running()).isTrue();
        Path note = folder.resolve("work/pid");
        String[] words = Files.readString(note).split(" ");
        try {
            Files.writeString(note, words[0] + " " + words[1] + " another-boot " + words[3]);
            assertThat(work().running()).isFalse();
            Files.writeString(note, words[0] + " 1 " + words[2] + " " + words[3]);
            assertThat(work().running()).isFalse();
            // As an earlier version has noted it.
            Files.writeString(note, words[0] + " " + words[1]);
            assertThat(work().running()).isTrue();
        } finally {
            work().stop(Duration.ofSeconds(5));
        }
        assertThat(work().running()).isFalse();
    }
}
