package dev.mooring.app.spec;

import java.util.Map;
import java.util.stream.Collectors;

/** Environment variables as the text of a file that shells, systemd's {@code EnvironmentFile} and dotenv's readers take. */
public final class DotEnv {

    private DotEnv() {}

    /**
     * @param variables whose names have been checked
     * @throws IllegalArgumentException when a value holds NUL, which no environment can
     */
    public static String lines(Map<String, String> variables) {
        return variables.entrySet().stream()
                .map(variable -> variable.getKey() + "=" + quoted(variable.getValue()) + "\n")
                .collect(Collectors.joining());
    }

    /** In double quotes, where POSIX shells and systemd read a backslash before these four alone, and lines may end. */
    private static String quoted(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("an environment variable cannot hold NUL");
        }
        return "\""
                + value.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("$", "\\$")
                        .replace("`", "\\`")
                + "\"";
    }
}
