package dev.mooring.dataplane.local.postgres;

/** Text in a command line that a shell reads. Wherever there is a choice, arguments are passed as an array instead. */
public final class ShellText {

    private ShellText() {}

    /**
     * One word, which the shell takes as it is.
     *
     * @throws IllegalArgumentException when it holds NUL, which no argument can
     */
    public static String word(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("an argument cannot hold NUL");
        }
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
