package dev.mooring.process.kafka.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustedSourcesTest {

    @TempDir
    Path folder;

    private TrustedSources sources;

    @BeforeEach
    void open() {
        sources = new TrustedSources(Map.of(TrustedSources.SETTING, folder.resolve("sources")));
    }

    private void say(String text) throws IOException {
        Path next = Files.writeString(folder.resolve("next"), text);
        Files.move(next, folder.resolve("sources"), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void nobodyIsTrustedWhileNothingCanBeRead() throws IOException {
        assertThat(sources.trusts("127.0.0.1")).isFalse();
        say("no network at all\n");
        assertThat(sources.trusts("127.0.0.1")).isFalse();
        say("");
        assertThat(sources.trusts("127.0.0.1")).isFalse();
    }

    @Test
    void whatTheFileSaysIsInForceAtOnce() throws IOException {
        say("*\n");
        assertThat(sources.trusts("203.0.113.9")).isTrue();
        assertThat(sources.trusts("2001:db8::1")).isTrue();
        say("192.0.2.0/24\n198.51.100.7/32\n");
        assertThat(sources.trusts("203.0.113.9")).isFalse();
        assertThat(sources.trusts("192.0.2.255")).isTrue();
        assertThat(sources.trusts("192.0.3.0")).isFalse();
        assertThat(sources.trusts("198.51.100.7")).isTrue();
        assertThat(sources.trusts("198.51.100.8")).isFalse();
        assertThat(sources.trusts("2001:db8::1")).isFalse();
        say("0.0.0.0/0\n");
        assertThat(sources.trusts("203.0.113.9")).isTrue();
    }

    @Test
    void aNameIsLookedUpByNobody() throws IOException {
        say("*\n");
        assertThat(sources.trusts("localhost")).isFalse();
    }
}
