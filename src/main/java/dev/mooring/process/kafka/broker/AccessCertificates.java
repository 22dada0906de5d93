package dev.mooring.process.kafka.broker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whose certificate is whose, from a file: the SHA-256 of one, a space, and its user's name in Base64, one a line. Each is known by
 * itself and not by who has signed it, so it ends when Mooring takes it away. While the file cannot be read nobody has one.
 */
final class AccessCertificates {

    /** The broker's setting that names the file. */
    static final String SETTING = "mooring.access.file";

    private final FreshFile<Map<String, String>> file;

    AccessCertificates(Map<String, ?> settings) {
        file = new FreshFile<>(settings, SETTING, AccessCertificates::read, Map.of());
    }

    private static Map<String, String> read(List<String> lines) throws IOException {
        Map<String, String> users = new HashMap<>();
        for (String line : lines) {
            String[] parts = line.split(" ", 2);
            if (parts.length < 2) {
                throw new IOException("not a fingerprint and a user: " + line);
            }
            users.put(parts[0], new String(Base64.getDecoder().decode(parts[1]), StandardCharsets.UTF_8));
        }
        return users;
    }

    Optional<String> user(Certificate certificate) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return Optional.ofNullable(file.content().get(HexFormat.of().formatHex(sum)));
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }
}
