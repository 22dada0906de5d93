package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * One database from elsewhere, by PostgreSQL's own dump programs. Roles and rights of the source stay there. What comes is loaded by the
 * {@link Loader}, in a form that speaks to the server and to nothing else: no program reads it that knows commands of its own.
 */
public final class DumpImport {

    private final SourceServer source;
    private final PostgresServer target;
    private final Loader loader;
    private final Path scratch;

    /** @param scratch a folder of the servers' account */
    public DumpImport(SourceServer source, PostgresServer target, Path scratch) throws SQLException {
        this.source = source;
        this.target = target;
        this.loader = Loader.admit(target);
        this.scratch = scratch;
    }

    /**
     * Makes the database anew, so that it can be done again after it was cut short. Large objects come too, as they are now.
     *
     * @return what was left out, with the reasons
     */
    public List<String> run(String database, boolean rows) throws SQLException, IOException, InterruptedException {
        Loaded loaded = load(database, database, rows);
        SchemaCopy.restored(database, loaded.result());
        try (Connection from = source.open(database);
                Connection to = loader.open(database)) {
            LargeObjects.follow(from, to);
        }
        try (Connection connection = target.open("postgres")) {
            // A dump sets none; SQL that only looks like one may have.
            PostgresServer.execute(connection, "alter database " + SchemaCopy.identifier(database) + " reset all");
        }
        return loaded.leftOut().stream()
                .map(what -> MigrationCheck.shown(database) + ": " + what)
                .toList();
    }

    /** Tries the settings of the database on another one; those that are refused. */
    List<String> trySettings(String database, String into) throws SQLException {
        try (Connection from = source.open(database)) {
            return DatabaseProperties.bring(from, loader::open, into);
        }
    }

    /** @param result of pg_restore, which goes on after what is refused */
    record Loaded(List<String> leftOut, ServerAccount.Result result) {}

    /** @param into the database's name in the cluster, where it is made anew */
    Loaded load(String database, String into, boolean rows) throws SQLException, IOException, InterruptedException {
        drop(target, into);
        Loader.makeDatabase(target, into);
        int version;
        NonReplicatedObjects leftOut;
        try (Connection connection = source.open(database);
                Connection superuser = target.open("postgres")) {
            version = connection.getMetaData().getDatabaseMajorVersion();
            leftOut = NonReplicatedObjects.of(superuser);
        }
        Engine installation = Tools.between(
                        Integer.toString(version), target.engine().major())
                .orElseThrow(() -> new OperationFailed("this machine has no fitting pg_dump any more"));
        Path dump = scratch.resolve("import.dump");
        Path contents = scratch.resolve("import.list");
        try {
            dump(installation, database, rows, dump);
            return restore(installation, into, leftOut, dump, contents);
        } finally {
            Files.deleteIfExists(dump);
            Files.deleteIfExists(contents);
        }
    }

    private Loaded restore(Engine installation, String into, NonReplicatedObjects leftOut, Path dump, Path contents)
            throws IOException, InterruptedException {
        Tools tools = loader.tools(installation);
        ServerAccount.Result listed = tools.run(target.port(), "pg_restore", "--list", dump.toString());
        SchemaCopy.succeed("pg_restore --list of " + into, listed);
        NonReplicatedObjects.Result kept = leftOut.from(listed.output());
        target.clusters().writeFile(contents, kept.contents());
        ServerAccount.Result result = tools.run(
                target.port(),
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--no-tablespaces",
                "--use-list=" + contents,
                "--dbname=dbname=" + PostgresServer.quoted(into),
                dump.toString());
        return new Loaded(kept.names(), result);
    }

    private void dump(Engine installation, String database, boolean rows, Path dump)
            throws IOException, InterruptedException {
        ServerAccount account = target.clusters().account();
        Files.deleteIfExists(dump);
        List<String> dumping = new ArrayList<>(List.of(
                "--format=custom",
                "--compress=0",
                "--no-owner",
                "--no-privileges",
                "--no-publications",
                "--no-subscriptions",
                "--no-security-labels",
                // They come by themselves, also those that are written meanwhile.
                "--no-blobs",
                "--file=" + dump,
                "--dbname=dbname=" + PostgresServer.quoted(database)));
        if (!rows) {
            dumping.add("--schema-only");
        }
        SchemaCopy.succeed(
                "pg_dump of " + database + " at the source",
                source.tools(installation, account)
                        .run(source.source().port(), "pg_dump", dumping.toArray(String[]::new)));
    }

    /** How full the cluster's databases are, with statistics for the planner. */
    public record Size(int tables, long bytes) {}

    public Size analyze(List<String> databases) throws SQLException {
        int tables = 0;
        long bytes = 0;
        for (String database : databases) {
            try (Connection connection = loader.open(database)) {
                PostgresServer.execute(connection, "analyze");
                tables += (int) PostgresServer.number(connection, "select count(*) from pg_stat_user_tables");
                bytes += PostgresServer.number(connection, "select pg_database_size(current_database())");
            }
        }
        return new Size(tables, bytes);
    }

    /** What came belongs to the users of the cluster. */
    public static void handOver(PostgresServer target) throws SQLException, InterruptedException {
        Loader.dismiss(target);
    }

    public static void drop(PostgresServer target, String database) throws SQLException {
        try (Connection connection = target.open("postgres")) {
            PostgresServer.execute(
                    connection, "drop database if exists " + SchemaCopy.identifier(database) + " with (force)");
        }
    }

    /** As it was before the migration, when it held nothing; made if it is not there. */
    public static void empty(PostgresServer target, String database) throws SQLException {
        drop(target, database);
        try (Connection connection = target.open("postgres")) {
            PostgresServer.execute(
                    connection,
                    "create database " + SchemaCopy.identifier(database) + " template template0 owner "
                            + DataTemplate.OWNER_ROLE);
        }
    }
}
