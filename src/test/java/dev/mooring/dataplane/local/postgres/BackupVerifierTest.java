package dev.mooring.dataplane.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.postgres.BackupVerifier.NotChecked;
import dev.mooring.dataplane.local.postgres.BackupVerifier.Passed;
import dev.mooring.dataplane.local.postgres.BackupVerifier.Refused;
import dev.mooring.dataplane.local.postgres.BackupVerifier.Verdict;
import dev.mooring.process.ServerAccount;
import dev.mooring.support.TestGround;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs of real processes that end as pg_verifybackup can end. */
class BackupVerifierTest {

    /** Works in a trial: says its version, and refuses what is no backup. */
    private static final String TRIED = """
            #!/bin/sh
            [ "$1" = --version ] && echo "pg_verifybackup (PostgreSQL) VERSION" && exit 0
            [ "$1" = /nonexistent ] && echo "pg_verifybackup: error: could not open file" && exit 1
            """;

    private final ServerAccount account = ServerAccount.choose(null);
    private final Path folder;

    BackupVerifierTest() throws IOException {
        folder = TestGround.newFolder();
    }

    private Path tool(String version, String script) throws IOException {
        Path bin = Files.createDirectory(folder.resolve(version));
        Files.setPosixFilePermissions(bin, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path file = Files.writeString(bin.resolve("pg_verifybackup"), script.replace("VERSION", version));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin;
    }

    private Verdict verdict(String major, Path... bins) throws InterruptedException {
        return BackupVerifier.among(account, List.of(bins)).verify(major, folder, Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill -SEGV $$",
                "kill -KILL $$",
                "exit 1",
                "exit 126",
                "echo 'error while loading shared libraries: libpq.so.5' >&2; exit 127",
                "exec sleep 60"
            })
    void aToolThatFailsItselfSaysNothingAboutTheBackup(String end) throws Exception {
        Verdict verdict = verdict("15", tool("15.18", TRIED + end));
        assertThat(verdict).isInstanceOf(NotChecked.class);
        assertThat(verdict.words()).startsWith("pg_verifybackup 15.18 failed itself: ");
    }

    @Test
    void whatTheToolSaysOfTheBackupIsAVerdict() throws Exception {
        Verdict refused =
                verdict("15", tool("15.18", TRIED + "echo 'checksum mismatch for file \"base/1/2\"'; exit 1"));
        assertThat(refused).isInstanceOf(Refused.class);
        assertThat(refused.words()).contains("checksum mismatch for file");
        assertThat(verdict("15", tool("15.19", TRIED + "exit 0"))).isInstanceOf(Passed.class);
    }

    @Test
    void theFittingVersionIsTakenAndWhatDoesNotWorkIsNone() throws Exception {
        Path broken = tool("16.1", "#!/bin/sh\nkill -SEGV $$");
        Path newest = tool("18.1", TRIED + "exit 0");
        Path own = tool("15.18", TRIED + "exit 0");
        Path next = tool("17.2", TRIED + "exit 0");
        assertThat(verdict("15", broken, newest, own, next).words()).startsWith("pg_verifybackup 15.18 found");
        assertThat(verdict("16", broken, newest, own, next).words()).startsWith("pg_verifybackup 17.2 found");
        assertThat(verdict("13", broken, newest, own, next).words()).startsWith("pg_verifybackup 15.18 found");
        assertThat(verdict("18", broken, own)).isInstanceOf(NotChecked.class);
    }

    @Test
    void aServersOwnToolsThatCrashAreNoAnswerEither() {
        assertThat(new ServerAccount.Result(139, "").crashed()).isTrue();
        assertThat(new ServerAccount.Result(139, "").how()).isEqualTo("ended by signal 11");
        assertThat(new ServerAccount.Result(127, "no such file").how())
                .isEqualTo("could not be executed: no such file");
        assertThat(new ServerAccount.Result(1, "no").crashed()).isFalse();
    }
}
