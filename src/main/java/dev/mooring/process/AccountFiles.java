package dev.mooring.process;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Files as an account sees and writes them: by processes that have no more rights than it, so that no link leads further. */
final class AccountFiles {

    /** Nothing but what the file is read by says whether it can be. */
    private static final String READ = "exec <\"$3\" && tail -c +\"$1\" | head -c \"$2\"";

    private static final String READ_LIMIT = "30";

    /** Without following a link. */
    private static final String WRITE =
            "umask 077 && rm -rf -- \"$1.new\" && set -C && cat >\"$1.new\" && mv -fT -- \"$1.new\" \"$1\"";

    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

    private final ServerAccount account;

    AccountFiles(ServerAccount account) {
        this.account = account;
    }

    boolean has(Path file) throws IOException, InterruptedException {
        return succeeds("[ -f \"$1\" ] && [ ! -L \"$1\" ]", file);
    }

    boolean enters(Path folder) throws IOException, InterruptedException {
        return succeeds("[ -d \"$1\" ] && [ -x \"$1\" ]", folder);
    }

    private boolean succeeds(String test, Path path) throws IOException, InterruptedException {
        return account.run(null, "sh", "-c", test, "sh", path.toString()).exit() == 0;
    }

    byte[] read(Path file, long from, int most) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(account.command(
                        "timeout",
                        READ_LIMIT,
                        "sh",
                        "-c",
                        READ,
                        "sh",
                        Long.toString(from + 1),
                        Integer.toString(most),
                        file.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        ServerAccount.clear(builder);
        Process process = builder.start();
        process.getOutputStream().close();
        byte[] content = process.getInputStream().readAllBytes();
        if (process.waitFor() != 0) {
            throw new IOException(file + " cannot be read by the account that it is for");
        }
        return content;
    }

    void write(Path file, String content) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(account.command("sh", "-c", WRITE, "sh", file.toString())).redirectErrorStream(true);
        ServerAccount.clear(builder);
        Process process = builder.start();
        try (Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(content);
        }
        if (!process.waitFor(WRITE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new IOException("writing " + file + " took too long");
        }
        if (process.exitValue() != 0) {
            throw new IOException("writing " + file + " failed: "
                    + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        }
    }
}
