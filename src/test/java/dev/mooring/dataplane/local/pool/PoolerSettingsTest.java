package dev.mooring.dataplane.local.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolerSettingsTest {

    @ParameterizedTest
    @ValueSource(strings = {"plain", "with space", "it's", "a' host='192.0.2.1", "''", "ä;#%include"})
    void aDatabasesNameStaysOneValue(String name) {
        String value = PoolerSettings.value(name);
        assertThat(value).startsWith("'").endsWith("'");
        assertThat(value.substring(1, value.length() - 1).replace("''", "")).doesNotContain("'");
        assertThat(value.substring(1, value.length() - 1).replace("''", "'")).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nadmin_users = app", "a\r", "\0", "\u0085"})
    void whatWouldBeginALineIsRefused(String name) {
        assertThatThrownBy(() -> PoolerSettings.value(name)).isInstanceOf(IllegalArgumentException.class);
    }
}
