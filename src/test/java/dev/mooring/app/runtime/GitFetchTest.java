package dev.mooring.app.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.mooring.app.spec.Source;
import dev.mooring.operation.OperationFailed;
import dev.mooring.outbound.OutboundPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What git is told, and that it does it. */
class GitFetchTest {

    private static final GitFetch LOCAL =
            new GitFetch(new OutboundPolicy(Optional.of(List.of("http", "ssh", "file", "127.0.0.0/8", "::1"))));

    @TempDir
    Path folder;

    private Map<String, String> environment(String url) {
        return LOCAL.environment("web", new Source.Git(url, null), "HEAD", folder.resolve("settings"));
    }

    /** A name that nobody answers for leads to the address that was looked at, so git has not asked. */
    @Test
    void gitConnectsToTheAddressThatWasLookedAt() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            seen.add(exchange.getRequestHeaders().getFirst("Host"));
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            String authority = "pinned.example:" + server.getAddress().getPort();
            Map<String, String> environment = new HashMap<>();
            environment("http://localhost:" + server.getAddress().getPort() + "/x.git")
                    .forEach((key, value) -> environment.put(key, value.replace("localhost", "pinned.example")));
            assertThat(environment.values()).anyMatch(value -> value.startsWith(authority + ":"));
            ProcessBuilder git = new ProcessBuilder("git", "ls-remote", environment.get("URL"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            git.environment().putAll(environment);
            git.start().waitFor();
            assertThat(seen).isNotEmpty().containsOnly(authority);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void credentialsAreNowhereButInOneSetting() {
        Map<String, String> environment = environment("http://me:t0ken@127.0.0.1/x.git");
        assertThat(environment.get("URL")).isEqualTo("http://127.0.0.1/x.git");
        assertThat(environment.values()).noneMatch(value -> value.contains("t0ken"));
        assertThat(environment.values().stream().filter(value -> value.startsWith("Authorization: Basic ")))
                .hasSize(1);
    }

    @Test
    void oneSchemeIsEnough() {
        assertThat(environment("http://127.0.0.1/x.git")).containsEntry("GIT_ALLOW_PROTOCOL", "http");
        assertThat(environment("file:///srv/x.git")).containsEntry("GIT_ALLOW_PROTOCOL", "file");
        assertThat(environment("git@localhost:x.git"))
                .containsEntry("GIT_ALLOW_PROTOCOL", "ssh")
                .hasEntrySatisfying(
                        "GIT_SSH_COMMAND",
                        command -> assertThat(command).contains("HostKeyAlias=localhost", "HostName="));
    }

    @Test
    void whatMayNotBeFetchedIsSaidWithTheSetting() {
        assertThatThrownBy(() -> environment("https://10.0.0.1/x.git"))
                .isInstanceOf(OperationFailed.class)
                .hasMessageContaining("web: git.repo_clone_url must not lead to 10.0.0.1")
                .hasMessageContaining("MOORING_OUTBOUND_ALLOW");
        assertThatThrownBy(() -> environment("https://nowhere.invalid/x.git"))
                .isInstanceOf(OperationFailed.class)
                .hasMessageContaining("nowhere.invalid");
    }
}
