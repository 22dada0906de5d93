package dev.mooring.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MooringHomeTest {

    @Test
    void aFolderThatAShellWouldReadIsRefused() {
        for (String folder : new String[] {"/srv/a\"b", "/srv/$(id)", "/srv/`id`", "/srv/a\\b", "/srv/a\nb"}) {
            assertThatThrownBy(() -> MooringHome.at(folder))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("MOORING_HOME must not hold");
        }
        assertThat(MooringHome.at("/srv/it's here/50%/ü").root()).isEqualTo(Path.of("/srv/it's here/50%/ü"));
    }
}
