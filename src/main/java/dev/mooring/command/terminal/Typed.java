package dev.mooring.command.terminal;

import org.postgresql.core.Parser;

/** What has been typed of a statement. */
final class Typed {

    private final StringBuilder text = new StringBuilder();

    void add(String line) {
        text.append(line).append('\n');
    }

    boolean isBlank() {
        return text.toString().isBlank();
    }

    String take() {
        String all = text.toString();
        text.setLength(0);
        return all;
    }

    /** Whether a semicolon ends it that is in no text, name or comment. */
    boolean ends() {
        char[] typed = text.toString().toCharArray();
        boolean ended = false;
        for (int i = 0; i < typed.length; i++) {
            int from = i;
            switch (typed[i]) {
                case '\'' -> i = Parser.parseSingleQuotes(typed, i, !isEscaping(typed, i));
                case '"' -> i = Parser.parseDoubleQuotes(typed, i);
                case '-' -> i = Parser.parseLineComment(typed, i);
                case '/' -> i = Parser.parseBlockComment(typed, i);
                case '$' -> i = Parser.parseDollarQuotes(typed, i);
                default -> {}
            }
            boolean comment = i > from && (typed[from] == '-' || typed[from] == '/');
            if (!comment && !Character.isWhitespace(typed[from])) {
                ended = typed[from] == ';';
            }
            if (i >= typed.length) {
                // It has no end yet; that of the last line is one for a comment.
                return ended && typed[from] == '-';
            }
        }
        return ended;
    }

    /** In E'…' a backslash escapes. */
    private static boolean isEscaping(char[] typed, int quote) {
        return quote > 0
                && (typed[quote - 1] == 'E' || typed[quote - 1] == 'e')
                && (quote == 1 || !Parser.isIdentifierContChar(typed[quote - 2]));
    }
}
