package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.operation.OperationFailed;
import dev.mooring.process.ServerAccount;
import java.util.List;
import java.util.stream.Collectors;

/** What PostgreSQL's own dump programs say. */
public final class SchemaCopy {

    private static final int LAST_LINES = 5;

    private SchemaCopy() {}

    /** pg_restore 17 and later sets a parameter that older servers do not know, and goes on. Nothing else may go wrong. */
    public static void restored(String name, ServerAccount.Result result) {
        String errors = result.output()
                .lines()
                .filter(line -> line.startsWith("pg_restore: error:") && !line.contains("\"transaction_timeout\""))
                .collect(Collectors.joining("; "));
        if (!errors.isEmpty() || result.exit() > 1) {
            throw new OperationFailed(
                    "pg_restore of " + name + " failed: " + (errors.isEmpty() ? last(result) : errors));
        }
    }

    public static void succeed(String what, ServerAccount.Result result) {
        if (result.exit() != 0) {
            throw new OperationFailed(what + " failed: " + last(result));
        }
    }

    private static String last(ServerAccount.Result result) {
        List<String> lines = result.output().lines().toList();
        return String.join(" ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    public static String identifier(String name) {
        return PostgresServer.identifier(name);
    }
}
