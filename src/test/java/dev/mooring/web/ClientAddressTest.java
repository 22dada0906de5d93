package dev.mooring.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClientAddressTest {

    private static String seen(String trusted, String peer, String... forwarded) {
        return new ClientAddress(Optional.ofNullable(trusted).map(text -> List.of(text.split(","))))
                .of(peer, List.of(forwarded));
    }

    @Test
    void whatAClientSaysOfItselfIsNotBelieved() {
        assertThat(seen(null, "192.0.2.1", "203.0.113.9")).isEqualTo("192.0.2.1");
        assertThat(seen("10.0.0.0/8", "192.0.2.1", "203.0.113.9")).isEqualTo("192.0.2.1");
    }

    @Test
    void ofATrustedProxyWhatItHasAddedAtTheEnd() {
        assertThat(seen("10.0.0.0/8", "10.1.2.3", "203.0.113.9")).isEqualTo("203.0.113.9");
        assertThat(seen("10.0.0.0/8", "10.1.2.3", "1.1.1.1, 203.0.113.9"))
                .as("the front is the client's own")
                .isEqualTo("203.0.113.9");
        assertThat(seen("10.0.0.0/8", "10.1.2.3", "1.1.1.1, 203.0.113.9, 10.9.9.9"))
                .as("through two of them")
                .isEqualTo("203.0.113.9");
        assertThat(seen("10.0.0.0/8", "10.1.2.3", "1.1.1.1", "203.0.113.9"))
                .as("in several headers")
                .isEqualTo("203.0.113.9");
        assertThat(seen("fd00::/8,127.0.0.1", "fd00::7", "2001:db8::9")).isEqualTo("2001:db8::9");
    }

    @Test
    void nonsenseIsNoAddress() {
        for (String nonsense : List.of("", "unknown", "evil.example", "1.2.3.4.5", "<script>")) {
            assertThat(seen("10.0.0.0/8", "10.1.2.3", nonsense)).isEqualTo("10.1.2.3");
        }
        assertThat(seen("10.0.0.0/8", "10.1.2.3")).isEqualTo("10.1.2.3");
        for (String wrong : List.of("proxy", "10.0.0.0/33", "10.0.0.0/x", "::1/129")) {
            assertThatThrownBy(() -> seen(wrong, "10.1.2.3")).hasMessageContaining("MOORING_TRUSTED_PROXIES");
        }
    }
}
