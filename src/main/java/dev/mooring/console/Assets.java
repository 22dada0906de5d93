package dev.mooring.console;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Scripts, style and pictures of the pages. Each is known by a name that changes with its content, so browsers keep it for good. */
@Singleton
class Assets {

    private static final String FOLDER = "console/";
    private static final int HASH_DIGITS = 12;

    private static final Map<String, String> TYPES = Map.of(
            "css", "text/css;charset=utf-8",
            "js", "text/javascript;charset=utf-8",
            "svg", "image/svg+xml");

    private final Map<String, Asset> byName = new HashMap<>();
    private final Map<String, String> names = new HashMap<>();

    record Asset(String type, byte[] content) {}

    Assets() {
        for (String file : new String[] {"console.css", "console.js", "idiomorph.min.js", "mark.svg"}) {
            byte[] content = read(file);
            int dot = file.lastIndexOf('.');
            String name = file.substring(0, dot) + "-" + hash(content) + file.substring(dot);
            byName.put(name, new Asset(Objects.requireNonNull(TYPES.get(file.substring(dot + 1)), file), content));
            names.put(file, "/console/assets/" + name);
        }
    }

    /** Where a file is served. */
    String path(String file) {
        return Objects.requireNonNull(names.get(file), file);
    }

    Optional<Asset> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    private static byte[] read(String file) {
        try (InputStream in = Assets.class.getClassLoader().getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException(FOLDER + file + " is missing from the application");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(content))
                    .substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
