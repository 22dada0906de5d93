package dev.mooring.app.spec;

import com.google.crypto.tink.subtle.XChaCha20Poly1305;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key that one app's secrets are encrypted with. Their form on the wire is {@code EV[1:nonce:ciphertext]}, both base64:
 * 24 bytes of nonce, and the text with a tag of 16 bytes (XChaCha20-Poly1305).
 */
public final class SpecKey {

    private static final Pattern ENCRYPTED = Pattern.compile("EV\\[1:([A-Za-z0-9+/=]{32}):([A-Za-z0-9+/=]+)]");
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 24;
    private static final byte[] NOTHING = {};

    private final XChaCha20Poly1305 cipher;

    private SpecKey(byte[] key) {
        try {
            this.cipher = new XChaCha20Poly1305(key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key of an app is damaged", e);
        }
    }

    public static String make() {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    /** @param key as {@link #make} gave it */
    public static SpecKey of(String key) {
        return new SpecKey(Base64.getDecoder().decode(key));
    }

    public static boolean looksEncrypted(String value) {
        return value.startsWith("EV[");
    }

    public String encrypt(String plain) {
        try {
            byte[] all = cipher.encrypt(plain.getBytes(StandardCharsets.UTF_8), NOTHING);
            Base64.Encoder base64 = Base64.getEncoder();
            return "EV[1:" + base64.encodeToString(Arrays.copyOf(all, NONCE_BYTES)) + ":"
                    + base64.encodeToString(Arrays.copyOfRange(all, NONCE_BYTES, all.length)) + "]";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt", e);
        }
    }

    /** Empty when it is not encrypted, or not with this key. */
    public Optional<String> decrypt(String value) {
        Matcher matcher = ENCRYPTED.matcher(value);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            byte[] nonce = Base64.getDecoder().decode(matcher.group(1));
            byte[] text = Base64.getDecoder().decode(matcher.group(2));
            byte[] all = Arrays.copyOf(nonce, nonce.length + text.length);
            System.arraycopy(text, 0, all, nonce.length, text.length);
            return Optional.of(new String(cipher.decrypt(all, NOTHING), StandardCharsets.UTF_8));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The plain text of an encrypted value; other values as they are. */
    public String open(String value) {
        return looksEncrypted(value) ? decrypt(value).orElse(value) : value;
    }
}
