package dev.mooring.dataplane.local.postgres;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A password in the form that PostgreSQL stores (RFC 5803), so that the password itself never travels to the server nor
 * into its log.
 */
public final class ScramVerifier {

    /** Makes each guess at a password that a person may have chosen cost this much (RFC 7677). */
    private static final int ITERATIONS = 4096;
    /** Guessing at random ones is hopeless at any price, which each session of Mooring's own would pay. */
    private static final int ITERATIONS_OF_RANDOM = 1;

    private static final int SALT_BYTES = 16;
    private static final Pattern STORED =
            Pattern.compile("SCRAM-SHA-256\\$(?<iterations>[0-9]{1,9}):(?<salt>[A-Za-z0-9+/=]+)\\$.*");

    private ScramVerifier() {}

    public static String of(String password) {
        return of(password, salt(), ITERATIONS);
    }

    /** The same for a {@link dev.mooring.home.RandomText#password() random} one that nobody else has chosen. */
    public static String ofRandom(String password) {
        return of(password, salt(), ITERATIONS_OF_RANDOM);
    }

    private static byte[] salt() {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        return salt;
    }

    /** Whether what a server has stored is of this password. */
    public static boolean verifies(String stored, String password) {
        Matcher parts = STORED.matcher(stored);
        return parts.matches()
                && stored.equals(of(
                        password,
                        Base64.getDecoder().decode(parts.group("salt")),
                        Integer.parseInt(parts.group("iterations"))));
    }

    private static String of(String password, byte[] salt, int iterations) {
        try {
            byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                    .getEncoded();
            byte[] stored = MessageDigest.getInstance("SHA-256").digest(hmac(salted, "Client Key"));
            Base64.Encoder base64 = Base64.getEncoder();
            return "SCRAM-SHA-256$" + iterations + ":" + base64.encodeToString(salt) + "$"
                    + base64.encodeToString(stored) + ":" + base64.encodeToString(hmac(salted, "Server Key"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
