package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What a command left behind.
 *
 * @param out standard output
 * @param err standard error
 */
public record Shell(int exit, String out, String err) {

    /** Waits for its end. */
    public static Shell run(ProcessBuilder command, String input) throws IOException, InterruptedException {
        Path folder = TestGround.newFolder();
        try {
            Path out = folder.resolve("out");
            Path err = folder.resolve("err");
            Process process = command.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            try (var stdin = process.outputWriter()) {
                stdin.write(input);
            }
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("%s ends", command.command())
                    .isTrue();
            return new Shell(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            dev.mooring.home.MooringHome.deleteTree(folder);
        }
    }

    /** Its output, when it ended well. */
    public String succeeded() {
        assertThat(exit).as("exit code; %s%s", out, err).isZero();
        return out;
    }
}
