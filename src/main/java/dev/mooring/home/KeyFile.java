package dev.mooring.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A key of 32 bytes that a home has of its own, unless a setting gives one.
 *
 * @param file base64; made at first use
 * @param variable the setting, as users know it
 * @param without what is not possible any more when the key is lost
 */
public record KeyFile(Path file, String variable, String without) {

    private static final int BYTES = 32;

    /** What the home is backed up with: whoever has it can bring the home back on another machine. */
    public static KeyFile ofBackups(MooringHome home) {
        return new KeyFile(
                home.keys().resolve("backup-key"), "MOORING_BACKUP_KEY", "no backup of this home can be read");
    }

    /**
     * @param configured null for what the file holds
     * @throws IllegalArgumentException when the setting is no key
     */
    public byte[] open(@Nullable String configured) throws IOException {
        if (configured != null && !configured.isBlank()) {
            return decode(configured);
        }
        if (Files.notExists(file)) {
            byte[] fresh = new byte[BYTES];
            new SecureRandom().nextBytes(fresh);
            write(fresh);
        }
        try {
            return decode(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    file + " is damaged: without the key that it held " + without + ". Put it back from a copy, or set "
                            + variable + " to that key",
                    e);
        }
    }

    public void write(byte[] key) throws IOException {
        MooringHome.write(file, Base64.getEncoder().encodeToString(key), "rw-------");
    }

    /**
     * @throws IllegalArgumentException when it is none
     */
    public byte[] decode(String text) {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(text.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(variable + " must be the base64 of 32 bytes", e);
        }
        if (key.length != BYTES) {
            throw new IllegalArgumentException(variable + " must be the base64 of 32 bytes, not of " + key.length
                    + "; make one with: head -c 32 /dev/urandom | base64");
        }
        return key;
    }
}
