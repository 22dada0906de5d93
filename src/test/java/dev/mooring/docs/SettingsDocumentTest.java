package dev.mooring.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/settings.md}: every setting that the code reads, with the default and the words that it is declared with. */
class SettingsDocumentTest {

    private static final Path MAIN = Path.of("src/main/java/dev/mooring");
    private static final String HEAD = """
            # Settings

            Environment variables; the ones that most people need are in the [README](../README.md#settings). Every setting of Quarkus works too. Durations are
            written like `10s`, `90D` or `P7D`.

            Generated: `mvn test -Dtest='*DocumentTest' -Ddocs.write`, from `src/main/settings.txt` and the interfaces with `@ConfigMapping`.
            """;

    /** A mapping's method, with what stands in front of it. */
    private static final Pattern METHOD = Pattern.compile(
            "/\\*\\*(?<text>(?:(?!\\*/).)*)\\*/\\s*(?:@WithDefault\\(\"(?<default>[^\"]*)\"\\)\\s*)?"
                    + "(?<type>[A-Za-z][\\w.<>]*) (?<name>[a-z]\\w*)\\(\\);",
            Pattern.DOTALL);

    private static final Pattern ANY_METHOD = Pattern.compile("\\n +[A-Z a-z][\\w.<>]* [a-z]\\w*\\(\\);");
    private static final Pattern PREFIX = Pattern.compile("@ConfigMapping\\(prefix = \"mooring\\.([a-z.-]+)\"\\)");

    /** What is read one by one. */
    private static final Pattern SINGLE = Pattern.compile(
            "(?:ConfigProperty\\(\\s*name = |getOptionalValue\\(|getValue\\(|configured\\(|getProperty\\(|getenv\\(|setting\\()"
                    + "\\s*\"((?:mooring\\.|MOORING_)[A-Za-z._-]+)\"");

    @Test
    void everySettingIsThere() throws Exception {
        StringBuilder text = new StringBuilder(HEAD);
        String table = Files.readString(Path.of("src/main/settings.txt"));
        text.append("\n## Mooring\n\n").append(header());
        table.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            List<String> cells = Stream.of(line.split("\\|")).map(String::strip).toList();
            text.append(row(cells.get(0), cells.get(1), cells.get(2)));
        });
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String source = Files.readString(file);
                Matcher prefix = PREFIX.matcher(source);
                if (prefix.find()) {
                    text.append("\n## ")
                            .append(variable(prefix.group(1)))
                            .append("_…\n\n")
                            .append(header());
                    mapping(text, prefix.group(1), source.substring(prefix.end()), file);
                }
            }
        }
        GeneratedDocument.in("settings.md").is(text.toString());
        assertThat(read())
                .as("settings that the code reads")
                .allSatisfy(name -> assertThat(text.toString()).contains("`" + name + "`"));
    }

    private static void mapping(StringBuilder text, String prefix, String source, Path file) {
        int end = source.indexOf("\n    private ");
        String declared = end < 0 ? source : source.substring(0, end);
        String nested = prefix;
        int depth = declared.indexOf("interface S3");
        Matcher method = METHOD.matcher(declared);
        int rows = 0;
        while (method.find()) {
            rows++;
            if (depth >= 0 && method.start() > depth) {
                nested = prefix + ".s3";
            }
            if (!method.group("type").equals("S3")) {
                String standard = method.group("default");
                text.append(row(
                        variable(nested + "." + kebab(method.group("name"))),
                        standard == null ? "" : "`" + standard + "`",
                        words(method.group("text"))));
            }
        }
        assertThat(rows)
                .as("every setting of %s says what it is", file)
                .isEqualTo(ANY_METHOD.matcher(declared).results().count());
    }

    private static Set<String> read() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                SINGLE.matcher(Files.readString(file))
                        .results()
                        .forEach(found -> names.add(found.group(1)
                                .replaceFirst("^mooring\\.", "MOORING_")
                                .replaceAll("[.-]", "_")
                                .toUpperCase()));
            }
        }
        return names;
    }

    private static String header() {
        return "| Setting | Default | What |\n|---|---|---|\n";
    }

    private static String row(String name, String standard, String words) {
        return "| `" + name + "` | " + standard + " | " + words + " |\n";
    }

    private static String variable(String name) {
        return "MOORING_" + name.replaceAll("[.-]", "_").toUpperCase();
    }

    private static String kebab(String method) {
        return method.replaceAll("([A-Z])", "-$1").toLowerCase();
    }

    private static String words(String javadoc) {
        return javadoc.replaceAll("\\n\\s*\\* ?", " ")
                .replaceAll("\\{@code ([^}]*)}", "`$1`")
                .replaceAll("\\{@link #(\\w+)\\(\\)}", "`$1`")
                .strip()
                .replaceAll("\\s+", " ");
    }
}
