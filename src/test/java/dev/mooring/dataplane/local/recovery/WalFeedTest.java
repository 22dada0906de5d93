package dev.mooring.dataplane.local.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.RecoveryFacts;
import dev.mooring.process.ServerAccount;
import dev.mooring.support.GeneratedText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalFeedTest {

    private static final String SEGMENT = "000000010000000000000003";
    private static final int LONGEST_NAME = 255;

    @TempDir
    Path home;

    private final GeneratedText generated = new GeneratedText();

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
            feed.make();
            Files.writeString(folder.resolve("wal/ready").resolve(SEGMENT), "WAL");
            String command = feed.command()
                    .replace("%%", "\uffff")
                    .replace("%f", SEGMENT)
                    .replace("%p", "taken")
                    .replace("\uffff", "%");
            Process shell = new ProcessBuilder("sh", "-c", command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(shell.waitFor()).as("%s %s", output, generated.seed()).isZero();
            assertThat(Files.readString(folder.resolve("taken"))).isEqualTo("WAL");
        }
        assertThat(made).isGreaterThan(50);
    }
}
