package dev.mooring.dataplane.local.archive.backup;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.Damaged;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;

/**
 * PostgreSQL's backup manifest, version 1, with CRC-32C checksums: pg_verifybackup of every major reads it (PostgreSQL's
 * documentation, chapter "Backup Manifest Format").
 */
final class Manifest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'GMT'").withZone(ZoneOffset.UTC);

    private Manifest() {}

    /**
     * @param crc CRC-32C of the content
     */
    record Entry(String path, long size, Instant modified, int crc) {}

    static String write(List<Entry> entries, Backup backup) {
        StringBuilder text = new StringBuilder("{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n");
        String separator = "";
        for (Entry entry : entries) {
            text.append(separator)
                    .append("{ \"Path\": ")
                    .append(quoted(entry.path()))
                    .append(", \"Size\": ")
                    .append(entry.size())
                    .append(", \"Last-Modified\": \"")
                    .append(TIME.format(entry.modified()))
                    .append("\", \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"")
                    .append(hex(entry.crc()))
                    .append("\" }");
            separator = ",\n";
        }
        text.append("\n],\n\"WAL-Ranges\": [\n{ \"Timeline\": ")
                .append(backup.timeline())
                .append(", \"Start-LSN\": \"")
                .append(backup.startLsn())
                .append("\", \"End-LSN\": \"")
                .append(backup.stopLsn())
                .append("\" }\n],\n");
        return text + "\"Manifest-Checksum\": \"" + sha256(text.toString()) + "\"}\n";
    }

    private static String quoted(String text) {
        try {
            return JSON.writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In the order in which the bytes lie in memory, as PostgreSQL writes it. */
    static String hex(int crc) {
        return HexFormat.of().toHexDigits(Integer.reverseBytes(crc));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The files and their checksums.
     *
     * @throws Damaged when the manifest is not what was written
     */
    static List<Listed> read(String text) throws Damaged {
        int end = text.lastIndexOf("\"Manifest-Checksum\"");
        if (end < 0 || !text.contains(sha256(text.substring(0, end)))) {
            throw new Damaged("the backup's manifest is damaged");
        }
        try {
            return JSON.readValue(text, Content.class).files();
        } catch (JsonProcessingException e) {
            throw new Damaged("the backup's manifest is damaged", e);
        }
    }

    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Content(@JsonProperty("Files") List<Listed> files) {}

    /** A file as the manifest has it. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Listed(
            @JsonProperty("Path") String path,
            @JsonProperty("Size") long size,
            @JsonProperty("Checksum") String checksum) {}
}
