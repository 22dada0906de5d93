package dev.mooring.dataplane.local.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/** The text of postgresql.conf, and of every other file that PostgreSQL reads in the same way. */
public final class ConfigFile {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*)*");

    private ConfigFile() {}

    /**
     * A line for each parameter, which sets it to exactly that text.
     *
     * @throws IllegalArgumentException for a name that is none, or a value that no line can hold
     */
    public static String lines(Map<String, String> parameters) {
        StringBuilder text = new StringBuilder();
        parameters.forEach((name, value) -> {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("not the name of a server parameter: " + name);
            }
            text.append(name).append(" = ").append(literal(value)).append('\n');
        });
        return text.toString();
    }

    /**
     * Quoted as guc-file.l reads it: a quote is doubled, a backslash escapes, and control characters, among them the ends of
     * lines, are octal numbers of three digits.
     *
     * @throws IllegalArgumentException when the value holds NUL or half a surrogate pair
     */
    static String literal(String value) {
        if (value.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException("a server parameter cannot hold NUL or what is not Unicode");
        }
        StringBuilder quoted = new StringBuilder(value.length() + 2).append('\'');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\'' -> quoted.append("''");
                case '\\' -> quoted.append("\\\\");
                default -> {
                    if (c < ' ' || c == 0x7f) {
                        quoted.append("\\%03o".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('\'').toString();
    }
}
