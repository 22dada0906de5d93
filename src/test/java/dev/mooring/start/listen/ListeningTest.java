package dev.mooring.start.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be served where. */
class ListeningTest {

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"127.0.0.1", "127.5.5.5", "localhost", "::1"})
    void onLoopbackBothAreServed(String bind) {
        Listening listening = Listening.of(bind, true, false);
        assertThat(listening.address().isLoopbackAddress()).isTrue();
        assertThat(listening.http()).isTrue();
        assertThat(listening.https()).isTrue();
        assertThat(Listening.of(bind, false, false).http()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "0", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"})
    void offLoopbackThereIsNoPlainHttpUnlessTlsEndsInFront(String bind) {
        assertThat(Listening.of(bind, true, false).http()).isFalse();
        assertThat(Listening.of(bind, true, true).http()).isTrue();
        assertThat(Listening.of(bind, false, true).https()).isFalse();
        assertThatThrownBy(() -> Listening.of(bind, false, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MOORING_BIND=" + bind)
                .hasMessageContaining("MOORING_TLS_TERMINATED=true");
    }

    @Test
    void whatIsNoAddressIsRefused() {
        assertThatThrownBy(() -> Listening.of("nowhere.invalid", true, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MOORING_BIND must be an address");
    }
}
