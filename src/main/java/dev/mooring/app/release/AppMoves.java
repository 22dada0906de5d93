package dev.mooring.app.release;

/** What an app loses when it moves to another region. */
public final class AppMoves {

    private AppMoves() {}

    public static String left(String database, String from, String to) {
        return "the dev database " + database + " stays in " + from + " and cannot be moved: in " + to
                + " the app is not to rely on it. Back its contents up and restore them there, or use a managed database";
    }
}
