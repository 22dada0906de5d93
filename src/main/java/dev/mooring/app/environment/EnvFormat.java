package dev.mooring.app.environment;

import dev.mooring.web.ApiException;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How variables are written into a file. Every program that reads such files has rules of its own for quotes, backslashes and
 * dollars, so each has a format of its own. All but docker's write a value in single quotes when it holds neither quotes nor
 * backslashes, which all but docker read alike.
 */
enum EnvFormat {
    /** The parsers of Node.js ({@code --env-file}) and of npm's dotenv: no quote can be escaped, so one is taken that is not in the value. */
    DOTENV("dotenv", EnvFormat::quotedAsItCanBe),
    /** Python's python-dotenv, which replaces references to variables even in single quotes. */
    PYTHON(
            "python-dotenv",
            (name, value) ->
                    "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "${:-$}{") + "'"),
    /** POSIX shells. */
    SHELL("shell", (name, value) -> "'" + value.replace("'", "'\\''") + "'"),
    /** {@code docker run --env-file}, which knows no quotes: a value ends with its line. */
    DOCKER("docker", (name, value) -> {
        if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
            throw unreadable(name, "a line break, which docker cannot read from a file");
        }
        return value;
    });

    static final String NAMES =
            Stream.of(values()).map(format -> format.label).collect(Collectors.joining(", ", "json, ", ""));

    private final String label;
    private final BinaryOperator<String> write;

    EnvFormat(String label, BinaryOperator<String> write) {
        this.label = label;
        this.write = write;
    }

    /**
     * @throws ApiException 400 when there is no such format
     */
    static EnvFormat named(String label) {
        return Stream.of(values())
                .filter(format -> format.label.equals(label))
                .findFirst()
                .orElseThrow(() -> ApiException.badRequest("format: must be one of " + NAMES));
    }

    /**
     * @throws ApiException 422 when a value cannot be written so that it is read as it is; names the variable
     */
    String write(Map<String, String> variables) {
        return variables.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + written(entry.getKey(), entry.getValue()) + "\n")
                .collect(Collectors.joining());
    }

    private String written(String name, String value) {
        if (value.indexOf('\0') >= 0) {
            throw unreadable(name, "a NUL, which no environment can hold");
        }
        return write.apply(name, value);
    }

    private static String quotedAsItCanBe(String name, String value) {
        if (value.indexOf('\r') >= 0) {
            throw unreadable(name, "a carriage return, which dotenv takes for the end of a line");
        }
        Function<String, String> in = quote -> quote + value + quote;
        if (value.indexOf('\'') < 0) {
            return in.apply("'");
        }
        if (value.indexOf('`') < 0) {
            return in.apply("`");
        }
        // In these a backslash and an n are a line break.
        if (value.indexOf('"') < 0 && !value.contains("\\n") && !value.contains("\\r")) {
            return in.apply("\"");
        }
        throw unreadable(name, "all kinds of quotes, of which dotenv needs one");
    }

    private static ApiException unreadable(String name, String why) {
        return new ApiException(422, "the value of " + name + " has " + why + "; ask for another format: " + NAMES);
    }
}
