package dev.mooring.home;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Secrets made by Mooring. No generator is kept in a static field: a native image would freeze its seed. */
public final class RandomText {

    private static final String ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private static final int PASSWORD_LENGTH = 24;

    private RandomText() {}

    /** 24 letters and digits (139 bits), none of which needs escaping in a URL, SQL or a shell. */
    public static String password() {
        SecureRandom random = new SecureRandom();
        StringBuilder password = new StringBuilder(PASSWORD_LENGTH);
        for (int i = 0; i < PASSWORD_LENGTH; i++) {
            password.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return password.toString();
    }

    public static String hex(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
