package dev.mooring.dataplane.local.postgres;

/** Connection strings of libpq, as its tools and subscriptions take them. */
public final class Conninfo {

    private Conninfo() {}

    /**
     * The value of a keyword.
     *
     * @throws IllegalArgumentException when it holds NUL, which would end the string there
     */
    public static String value(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a connection string cannot hold NUL");
        }
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
