package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.ServerAccount;
import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.dataplane.local.upgrade.SchemaCopy;
import dev.mooring.dataplane.local.upgrade.Side;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * One database from elsewhere, by PostgreSQL's own dump programs. Roles and rights of the source stay there: in the cluster
 * everything belongs to the role that all its users share.
 */
public final class Import {

    private final SourceServer source;
    private final Side target;
    private final Path scratch;

    /** @param scratch a folder of the servers' account */
    public Import(SourceServer source, Side target, Path scratch) {
        this.source = source;
        this.target = target;
        this.scratch = scratch;
    }

    /** Makes the database anew, so that it can be done again after it was cut short. */
    public void run(String database, boolean rows) throws SQLException, IOException, InterruptedException {
        empty(target, database);
        int version;
        try (Connection connection = source.open()) {
            version = (int) Side.number(connection, "select current_setting('server_version_num')::int / 10000");
        }
        Engine installation = Tools.between(
                        Integer.toString(version), target.engine().major())
                .orElseThrow(() -> new OperationFailed("this machine has no fitting pg_dump any more"));
        ServerAccount account = target.clusters().account();
        Path dump = scratch.resolve("import.dump");
        Files.deleteIfExists(dump);
        List<String> dumping = new ArrayList<>(List.of(
                "--format=custom",
                "--compress=0",
                "--no-owner",
                "--no-privileges",
                "--no-publications",
                "--no-subscriptions",
                "--file=" + dump,
                "--dbname=dbname=" + Side.quoted(database)));
        if (!rows) {
            dumping.add("--schema-only");
        }
        SchemaCopy.succeed(
                "pg_dump of " + database + " at the source",
                source.tools(installation, account)
                        .run(source.source().port(), "pg_dump", dumping.toArray(String[]::new)));
        SchemaCopy.restored(
                database,
                Tools.of(installation, account, target.clusters().reach(), target.password())
                        .run(
                                target.port(),
                                "pg_restore",
                                "--no-owner",
                                "--role=" + DataTemplate.ADMIN_ROLE,
                                "--dbname=dbname=" + Side.quoted(database),
                                dump.toString()));
        Files.delete(dump);
    }

    public static void drop(Side target, String database) throws SQLException {
        try (Connection connection = target.open("postgres")) {
            Side.execute(connection, "drop database if exists " + SchemaCopy.identifier(database) + " with (force)");
        }
    }

    /** As it was before the migration, when it held nothing; made if it is not there. */
    public static void empty(Side target, String database) throws SQLException {
        drop(target, database);
        try (Connection connection = target.open("postgres")) {
            Side.execute(
                    connection,
                    "create database " + SchemaCopy.identifier(database) + " template template0 owner "
                            + DataTemplate.OWNER_ROLE);
        }
    }
}
