package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the source's schema in a database that is thrown away, before anything is promised: by the same role as later, in the same server. */
public final class SchemaTrial {

    private static final int MOST = 10;
    private static final Pattern COMMAND = Pattern.compile("Command was: (.*)");
    private static final Pattern REFUSED = Pattern.compile("pg_restore: error: could not execute query: ERROR: +(.*)");
    private static final Pattern ROLE = Pattern.compile("role \"(.*)\" does not exist");

    private final SourceServer source;
    private final PostgresServer target;
    private final Path scratch;
    private final String name;

    /** @param migration the operation's id */
    public SchemaTrial(SourceServer source, PostgresServer target, Path scratch, java.util.UUID migration) {
        this.source = source;
        this.target = target;
        this.scratch = scratch;
        this.name = "mooring_trial_" + migration.toString().substring(0, 8);
    }

    /**
     * @param leftOut what will not come
     * @param blockers what stands in the way, each with what helps
     */
    public record Result(List<String> leftOut, List<String> blockers) {}

    public Result run(List<String> databases) throws SQLException, IOException, InterruptedException {
        List<String> leftOut = new ArrayList<>();
        List<String> blockers = new ArrayList<>();
        try {
            DumpImport bringing = new DumpImport(source, target, scratch);
            for (String database : databases) {
                DumpImport.Loaded loaded = bringing.load(database, name, false);
                loaded.leftOut().forEach(what -> leftOut.add(MigrationCheck.shown(database) + ": " + what));
                bringing.trySettings(database, name)
                        .forEach(what -> leftOut.add(MigrationCheck.shown(database) + ": " + what));
                for (String refusal :
                        refusals(loaded.result(), !loaded.leftOut().isEmpty())) {
                    blockers.add("in " + MigrationCheck.shown(database) + ": " + refusal);
                }
            }
        } finally {
            remove();
            DumpImport.handOver(target);
        }
        return new Result(leftOut, blockers);
    }

    /** What an earlier life may have left. */
    public void remove() throws SQLException {
        DumpImport.drop(target, name);
    }

    /** An error, what it has of details, and the command's first line. */
    private static List<String> refusals(ServerAccount.Result result, boolean somethingIsLeftOut) {
        List<String> refusals = new ArrayList<>();
        String error = null;
        for (String line : result.output().lines().toList()) {
            Matcher refused = REFUSED.matcher(line);
            Matcher command = COMMAND.matcher(line);
            if (refused.matches()) {
                error = refused.group(1);
            } else if (command.matches() && error != null) {
                if (!error.contains("\"transaction_timeout\"")) {
                    refusals.add(MigrationCheck.shown(command.group(1)) + " is refused: " + MigrationCheck.shown(error)
                            + " (" + help(error, somethingIsLeftOut) + ")");
                }
                error = null;
            } else if (line.startsWith("pg_restore: error:")) {
                refusals.add("the schema cannot be made: " + MigrationCheck.shown(line));
            }
        }
        if (refusals.isEmpty() && result.exit() > 1) {
            throw new OperationFailed("pg_restore failed: " + MigrationCheck.shown(result.output()));
        }
        if (refusals.size() <= MOST) {
            return refusals;
        }
        List<String> first = new ArrayList<>(refusals.subList(0, MOST));
        first.add("and " + (refusals.size() - MOST) + " more");
        return first;
    }

    private static String help(String error, boolean somethingIsLeftOut) {
        Matcher role = ROLE.matcher(error);
        if (role.find()) {
            return "add the user " + MigrationCheck.shown(role.group(1))
                    + " to the cluster, or change it at the source";
        }
        String way = "drop or change it at the source, or name the database in ignore_dbs";
        return error.contains("does not exist") && somethingIsLeftOut
                ? "it may need one of the extensions or foreign servers that cannot come; " + way
                : way;
    }
}
