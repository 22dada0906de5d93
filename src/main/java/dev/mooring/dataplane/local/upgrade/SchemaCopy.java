package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.ServerAccount;
import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Brings roles, databases and what is in them to the new server by PostgreSQL's own dump programs. */
public final class SchemaCopy {

    private static final int LAST_LINES = 5;
    private static final int JOBS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);

    private final Side source;
    private final Side target;
    private final Tools tools;
    private final Path scratch;

    /**
     * @param scratch a folder of the servers' account
     */
    public SchemaCopy(Side source, Side target, Path scratch) throws IOException {
        this.source = source;
        this.target = target;
        this.scratch = scratch;
        Engine installation = Tools.between(
                        source.engine().major(), target.engine().major())
                .orElseThrow(() -> new OperationFailed("this machine has no fitting pg_dump any more"));
        this.tools = Tools.of(
                installation, source.clusters().account(), source.clusters().reach(), source.password());
    }

    /** Roles with their passwords, memberships and settings. Those that both servers have from the beginning are there. */
    public void roles() throws IOException, InterruptedException, SQLException {
        Path file = scratch.resolve("roles.sql");
        succeed("pg_dumpall", tools.run(source.port(), "pg_dumpall", "--roles-only", "--file=" + file));
        ServerAccount.Result loaded =
                tools.run(target.port(), "psql", "--no-psqlrc", "--quiet", "--dbname=postgres", "--file=" + file);
        String errors = loaded.output()
                .lines()
                .filter(line -> line.contains("ERROR:") && !line.contains("already exists"))
                .collect(Collectors.joining("; "));
        if (loaded.exit() != 0 || !errors.isEmpty()) {
            throw new OperationFailed(
                    "the roles could not be brought over: " + (errors.isEmpty() ? last(loaded) : errors));
        }
        Files.delete(file);
        sharedRights();
    }

    /** Who may connect to the databases that every server has. */
    private void sharedRights() throws SQLException {
        try (Connection from = source.open("postgres");
                Connection to = target.open("postgres")) {
            for (String database : List.of("template1", "postgres")) {
                boolean open = Side.number(
                                from,
                                "select count(*) from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
                                        + " where d.datname = '" + database
                                        + "' and a.grantee = 0 and a.privilege_type = 'CONNECT'")
                        > 0;
                if (!open) {
                    Side.execute(to, "revoke connect, temporary on database " + database + " from public");
                }
            }
        }
    }

    /** A new server begins with a database that the source may not have. */
    public void dropAllBut(List<String> databases) throws SQLException {
        List<String> present = target.databases();
        try (Connection connection = target.open("postgres")) {
            for (String database : present) {
                if (!databases.contains(database)) {
                    Side.execute(connection, "drop database " + identifier(database) + " with (force)");
                }
            }
        }
    }

    /**
     * One database without the rows of its tables, made anew on the target: what rows can be copied into. Large objects come along
     * with their content.
     */
    public void definitions(String name) throws IOException, InterruptedException, SQLException {
        dump(name, "--schema-only", "-b");
        make(name, "--section=pre-data", "--section=data");
    }

    /** What {@link #definitions} has left out because copying is faster without it: indexes, constraints, triggers. */
    public void constraints(String name) throws IOException, InterruptedException {
        restored(
                name,
                tools.run(
                        target.port(),
                        "pg_restore",
                        "--section=post-data",
                        "--jobs=" + JOBS,
                        "--use-list=" + list(name),
                        "--dbname=dbname=" + Side.quoted(name),
                        dumped(name).toString()));
        forget(name);
    }

    private Path dumped(String name) {
        return scratch.resolve(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + ".dump");
    }

    private Path list(String name) {
        return scratch.resolve(dumped(name).getFileName() + ".list");
    }

    private void forget(String name) throws IOException {
        Files.delete(dumped(name));
        Files.delete(list(name));
    }

    private void dump(String name, String... extent) throws IOException, InterruptedException {
        Path dump = dumped(name);
        Files.deleteIfExists(dump);
        String[] fixed = {
            "--format=custom",
            "--compress=0",
            "--exclude-schema=" + Workspace.SCHEMA,
            "--file=" + dump,
            "--dbname=dbname=" + Side.quoted(name)
        };
        String[] arguments = Stream.concat(Stream.of(extent), Stream.of(fixed)).toArray(String[]::new);
        succeed("pg_dump of " + name, tools.run(source.port(), "pg_dump", arguments));
        ServerAccount.Result contents = tools.run(target.port(), "pg_restore", "--list", dump.toString());
        succeed("pg_restore --list of " + name, contents);
        source.clusters()
                .writeFile(
                        list(name),
                        contents.output()
                                .lines()
                                .filter(line -> !line.contains(" mooring_upgrade"))
                                .collect(Collectors.joining("\n", "", "\n")));
    }

    private void make(String name, String... sections) throws IOException, InterruptedException, SQLException {
        try (Connection connection = target.open("postgres")) {
            Side.execute(connection, "drop database if exists " + identifier(name) + " with (force)");
        }
        String[] fixed = {
            "--create",
            "--use-list=" + list(name),
            "--dbname=postgres",
            dumped(name).toString()
        };
        String[] arguments =
                Stream.concat(Stream.of(sections), Stream.of(fixed)).toArray(String[]::new);
        restored(name, tools.run(target.port(), "pg_restore", arguments));
    }

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
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }
}
