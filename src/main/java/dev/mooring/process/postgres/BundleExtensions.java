package dev.mooring.process.postgres;

import dev.mooring.home.MooringHome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which extensions of a bundle the users of a cluster may create, alike in every version: {@code extensions.txt}. PostgreSQL asks the
 * control file whether an extension is trusted; the script of one that is runs as superuser, and what it makes belongs to the superuser.
 * So the list has only those whose scripts run nothing that lies in the schema they are made in, and whose functions give whoever calls
 * them no right that the caller does not have.
 */
public final class BundleExtensions {

    private static final String RESOURCE = "/extensions.txt";
    private static final String READABLE = "rw-r--r--";
    private static final String MARK = "Mooring: ";

    /** PostgreSQL withholds their functions from everybody but superusers; here monitors have them, as with pgstattuple. */
    private static final Set<String> FOR_MONITORS = Set.of("amcheck", "pg_stat_statements");

    private static final Pattern WITHHELD = Pattern.compile("REVOKE ALL ON FUNCTION ([^;]+?)\\s+FROM PUBLIC;");

    /** Without these whoever likes would start a worker of the superuser's. */
    private static final String OF_PREWARM = "pg_prewarm--1.1--1.2.sql";

    private static final String NO_WORKERS =
            "\nREVOKE ALL ON FUNCTION autoprewarm_start_worker(), autoprewarm_dump_now() FROM PUBLIC;\n";

    /**
     * Up to 15 the script of earthdistance reads a literal of whatever type is called cube in the schema that it is made in: one with a domain
     * in it would have its check run, as superuser. From 16 on PostgreSQL's own script names the extension's type.
     */
    private static final String CUBE_BY_TEXT = "'(0)'::cube";

    private static final String CUBE_BY_FUNCTION = "cube('0'::float8)";

    /** Why not, by name; an empty text for those that are trusted. */
    private final Map<String, String> reasons;

    private BundleExtensions(Map<String, String> reasons) {
        this.reasons = reasons;
    }

    static BundleExtensions load() throws IOException {
        Map<String, String> reasons = new LinkedHashMap<>();
        try (InputStream stream = BundleExtensions.class.getResourceAsStream(RESOURCE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line :
                    lines.lines().filter(text -> !text.startsWith("#")).toList()) {
                String[] parts = line.split(": ", 2);
                reasons.put(parts[0], parts.length == 1 ? "" : parts[1]);
            }
        }
        return new BundleExtensions(reasons);
    }

    /** Those that users may create. */
    public static List<String> trusted() throws IOException {
        return load().reasons.entrySet().stream()
                .filter(entry -> entry.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * Tells an unpacked bundle, which servers may be running from. Each file is replaced as a whole, and what has been told is left alone.
     *
     * @param folder with {@code bin} and {@code share} in it
     */
    void tell(Path folder) throws IOException {
        Path files = folder.resolve("share").resolve("postgresql").resolve("extension");
        for (Map.Entry<String, String> entry : reasons.entrySet()) {
            try {
                control(files.resolve(entry.getKey() + ".control"), entry.getValue());
            } catch (NoSuchFileException otherVersion) {
                continue;
            }
            if (FOR_MONITORS.contains(entry.getKey())) {
                try (var scripts = Files.newDirectoryStream(files, entry.getKey() + "--*.sql")) {
                    for (Path script : scripts) {
                        script(
                                script,
                                WITHHELD.matcher(Files.readString(script))
                                        .replaceAll("$0\nGRANT EXECUTE ON FUNCTION $1 TO pg_monitor;"));
                    }
                }
            }
        }
        Path earthdistance = files.resolve("earthdistance--1.1.sql");
        if (Files.exists(earthdistance)) {
            script(earthdistance, Files.readString(earthdistance).replace(CUBE_BY_TEXT, CUBE_BY_FUNCTION));
        }
        Path prewarm = files.resolve(OF_PREWARM);
        if (Files.exists(prewarm)) {
            script(prewarm, Files.readString(prewarm) + NO_WORKERS);
        }
    }

    /** Of two lines with the same name PostgreSQL takes the last. */
    private static void control(Path file, String reason) throws IOException {
        String before = Files.readString(file);
        String plain = before.contains("# " + MARK) ? before.substring(0, before.indexOf("# " + MARK)) : before;
        String more = reason.isEmpty()
                ? "# " + MARK + "users may create it\nsuperuser = true\ntrusted = true\n"
                : "# " + MARK + "users may not create it\nsuperuser = true\ntrusted = false\ncomment = 'not for users: "
                        + reason.replace("'", "''") + "'\n";
        String after = (plain.endsWith("\n") ? plain : plain + "\n") + more;
        if (!after.equals(before)) {
            MooringHome.write(file, after, READABLE);
        }
    }

    private static void script(Path file, String changed) throws IOException {
        String before = Files.readString(file);
        if (!before.startsWith("-- " + MARK) && !before.equals(changed)) {
            MooringHome.write(file, "-- " + MARK + "changed, see BundleExtensions\n" + changed, READABLE);
        }
    }
}
