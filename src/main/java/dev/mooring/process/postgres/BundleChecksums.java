package dev.mooring.process.postgres;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The SHA-256 of every PostgreSQL bundle that this build of Mooring was made with, from {@code engines.sha256}. Programs of
 * a bundle run with the rights of the database account, so a known bundle that was changed on its way is not unpacked.
 */
final class BundleChecksums {

    private static final Logger LOG = Logger.getLogger(BundleChecksums.class);

    /** {@code sha256sum}'s form: the sum, two spaces, the name. */
    private static final String RESOURCE = "/engines.sha256";

    private final Map<String, String> sums;

    private BundleChecksums(Map<String, String> sums) {
        this.sums = sums;
    }

    static BundleChecksums load() throws IOException {
        try (InputStream stream = BundleChecksums.class.getResourceAsStream(RESOURCE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            return new BundleChecksums(lines.lines()
                    .map(line -> line.split(" {2}", 2))
                    .collect(Collectors.toMap(parts -> parts[1], parts -> parts[0])));
        }
    }

    /**
     * Lets through what is as it was, and what whoever runs Mooring put there under a name that the build does not know.
     *
     * @throws IOException when a bundle of a known name has another content
     */
    void verify(Path bundle) throws IOException {
        String name = bundle.getFileName().toString();
        String known = sums.get(name);
        if (known == null) {
            LOG.warnf("%s is not among the bundles that this Mooring was built with, and is taken unchecked", bundle);
            return;
        }
        String found = sha256(bundle);
        if (!found.equals(known)) {
            throw new IOException(bundle + " is not the bundle that this Mooring was built with: its SHA-256 is "
                    + found + ", not " + known + ". Nothing of it was unpacked; fetch it again.");
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream stream = new DigestInputStream(Files.newInputStream(file), digest)) {
                stream.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
