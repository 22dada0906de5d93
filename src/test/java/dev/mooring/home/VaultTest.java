package dev.mooring.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.TestGround;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Secrets at rest. */
class VaultTest {

    @Test
    void whatIsSealedOpensOnlyWithTheSameKey() {
        Vault vault = new Vault(new byte[32]);
        byte[] otherKey = new byte[32];
        otherKey[0] = 1;
        String sealed = vault.seal("s3cret");
        assertThat(sealed).startsWith("v1:").doesNotContain("s3cret");
        assertThat(vault.unseal(sealed)).isEqualTo("s3cret");
        assertThat(vault.seal("s3cret")).as("a nonce of its own").isNotEqualTo(sealed);
        assertThatThrownBy(() -> new Vault(otherKey).unseal(sealed)).hasMessageContaining("MOORING_ENCRYPTION_KEY");
        String changed = sealed.substring(0, sealed.length() - 4) + "AAAA";
        assertThatThrownBy(() -> vault.unseal(changed)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aKeyOfTheWrongLengthIsRefusedWithTheWayToMakeOne() throws Exception {
        Path folder = TestGround.newFolder();
        MooringHome home = new MooringHome(folder);
        assertThatThrownBy(() -> Vault.open(home, Base64.getEncoder().encodeToString(new byte[16])))
                .hasMessageContaining("32 bytes");
        assertThatThrownBy(() -> Vault.open(home, "not base64!")).hasMessageContaining("MOORING_ENCRYPTION_KEY");
        MooringHome.deleteTree(folder);
    }

    @Test
    void theKeyMadeAtFirstStartIsForItsOwnerOnlyAndStays() throws Exception {
        Path folder = TestGround.newFolder();
        MooringHome home = new MooringHome(folder);
        home.create();
        String sealed = Vault.open(home, null).seal("kept");
        assertThat(Vault.open(home, null).unseal(sealed)).isEqualTo("kept");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(home.keys().resolve("encryption-key"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.keys())))
                .isEqualTo("rwx------");
        MooringHome.deleteTree(folder);
    }
}
