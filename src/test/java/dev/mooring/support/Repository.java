package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A git repository of this machine. */
public final class Repository {

    private final Path folder;

    public Repository(Path parent) throws IOException, InterruptedException {
        folder = Files.createTempDirectory(parent, "repository");
        // Apps are fetched by another account.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        git("init", "--quiet", "--initial-branch=main");
    }

    public String url() {
        return "file://" + folder;
    }

    /** @return the commit's hash */
    public String commit(String file, String content) throws IOException, InterruptedException {
        Files.writeString(folder.resolve(file), content);
        git("add", ".");
        git(
                "-c",
                "user.name=test",
                "-c",
                "user.email=test@example.com",
                "commit",
                "--quiet",
                "--allow-empty",
                "--message",
                file);
        return git("rev-parse", "HEAD");
    }

    private String git(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.strip();
    }
}
