package dev.mooring.access;

import dev.mooring.home.RandomText;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The form of a token: two base64url JSON segments and the secret, joined by dots. It looks like a JWT because the
 * dbos-cloud client insists on one; only the secret, {@code mrg_} and 64 hex digits, means anything, and works alone too.
 */
final class TokenText {

    private static final String HEADER = segment("{\"alg\":\"none\",\"typ\":\"JWT\"}");
    private static final int SECRET_BYTES = 32;

    private TokenText() {}

    static String make(String team) {
        return HEADER + "." + segment("{\"iss\":\"mooring\",\"sub\":\"" + team + "\"}") + ".mrg_"
                + RandomText.hex(SECRET_BYTES);
    }

    /** The segment that means something: the last. */
    static String secret(String token) {
        return token.substring(token.lastIndexOf('.') + 1);
    }

    /** SHA-256 of the secret segment. */
    static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret(token).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String segment(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }
}
