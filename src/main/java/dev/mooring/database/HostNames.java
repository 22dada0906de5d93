package dev.mooring.database;

import dev.mooring.web.Problems;
import java.util.List;
import java.util.regex.Pattern;

/** Host names by RFC 1123. */
final class HostNames {

    private static final int MOST = 16;
    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");

    private HostNames() {}

    static void check(Problems problems, String path, List<String> names) {
        if (names == null) {
            return;
        }
        problems.check(names.size() <= MOST, path, "at most " + MOST + " names");
        for (String name : names) {
            problems.check(
                    name != null && NAME.matcher(name).matches(),
                    path,
                    name + " is not a host name (RFC 1123, at most 253 characters)");
        }
    }
}
