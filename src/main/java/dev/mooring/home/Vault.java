package dev.mooring.home;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Encrypts secrets at rest with AES-256-GCM. Sealed form: {@code v1:} and base64 of the 12-byte nonce, ciphertext and tag. */
public final class Vault {

    private static final String VARIABLE = "MOORING_ENCRYPTION_KEY";
    private static final String PREFIX = "v1:";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();

    public Vault(byte[] key) {
        if (key.length != 32) {
            throw new IllegalArgumentException(VARIABLE + " must be the base64 of 32 bytes, not of " + key.length);
        }
        this.key = new SecretKeySpec(key, "AES");
    }

    /** From the setting when given, else from {@code keys/encryption-key}, made at first use. */
    public static Vault open(MooringHome home, @Nullable String configuredKey) throws IOException {
        return new Vault(new KeyFile(home.keys().resolve("encryption-key"), VARIABLE, "no stored secret can be read")
                .open(configuredKey));
    }

    public String seal(String secret) {
        try {
            byte[] nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            byte[] sealed = cipher.doFinal(secret.getBytes(StandardCharsets.UTF_8));
            ByteBuffer all =
                    ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed);
            return PREFIX + Base64.getEncoder().encodeToString(all.array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt", e);
        }
    }

    /**
     * @throws IllegalStateException when it was sealed with another key or has been changed
     */
    public String unseal(String sealed) {
        if (!sealed.startsWith(PREFIX)) {
            throw new IllegalStateException("not a sealed secret");
        }
        try {
            byte[] all = Base64.getDecoder().decode(sealed.substring(PREFIX.length()));
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, all, 0, NONCE_BYTES));
            return new String(cipher.doFinal(all, NONCE_BYTES, all.length - NONCE_BYTES), StandardCharsets.UTF_8);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a stored secret cannot be decrypted: was " + VARIABLE + " changed?", e);
        }
    }
}
