package dev.mooring.support;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Texts that have broken somebody's file before, and random ones of the same characters. The seed is that of the run unless
 * {@code -Dgenerated.seed} gives one: print it with what failed.
 */
public final class GeneratedText {

    private static final String[] PIECES = {
        "'",
        "\"",
        "\\",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\b",
        "\f",
        "\u0001",
        "\u001b",
        "\u007f",
        "\u0085",
        "\u00a0",
        "\u2028",
        "#",
        ";",
        "=",
        ",",
        " ",
        "%",
        "%p",
        "$",
        "${x}",
        "`",
        "*",
        "!",
        "&",
        "|",
        "(",
        ")",
        "<",
        ">",
        "{",
        "}",
        "[",
        "]",
        "~",
        "\\n",
        "\\'",
        "''",
        "\\\\",
        "\\012",
        "\\x0a",
        "include 'x'",
        "fsync=off",
        "ä",
        "é",
        "日本",
        "😀",
        "a",
        "Z",
        "0",
        "7",
        "012",
        "none",
        "on"
    };
    private static final int LONGEST = 24;

    private final long seed;
    private final Random random;

    public GeneratedText() {
        this.seed = Long.getLong("generated.seed", System.nanoTime());
        this.random = new Random(seed);
    }

    public String seed() {
        return "-Dgenerated.seed=" + seed;
    }

    /** The known ones first. */
    public List<String> texts(int random) {
        List<String> texts = new ArrayList<>(List.of(
                "",
                " ",
                "'",
                "\\",
                "plain",
                "ends in a backslash\\",
                "X0\\'\nfsync=off\n#",
                "x'\nfsync = off\n# '",
                "\n",
                "\r\n",
                "'' '' \\' \\\\'",
                "# no comment",
                "line\\\nwith a continuation",
                "\\0",
                "\\0010",
                "long " + "'\\\n".repeat(20_000)));
        for (int i = 0; i < random; i++) {
            texts.add(text());
        }
        return texts;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(LONGEST); i >= 0; i--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }
}
