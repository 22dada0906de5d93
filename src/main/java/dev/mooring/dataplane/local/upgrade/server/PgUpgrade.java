package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.UpgradeTools;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * pg_upgrade, from one server to another of a higher major version, of which neither needs to be a whole installation. On the
 * side of the target the server's three programs stand beside the client tools; pg_upgrade wants all of them to say the same
 * version, which within a major makes no difference to files. On the side of the source it calls pg_controldata and
 * {@code pg_resetwal -n}, which only prints the same and the next segment: two small scripts around the pg_controldata at hand.
 */
public final class PgUpgrade {

    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final int JOBS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);
    private static final int MOST_LINES = 6;
    private static final int FIRST_WITHOUT_SYNC = 15;
    /** Databases change their places with their new catalogs as a whole; before, each file of each table is linked. */
    private static final int FIRST_WITH_SWAP = 18;

    /** Of the tools and servers that it starts, or of the shell between: says nothing of the database. */
    private static final Pattern CRASHED =
            Pattern.compile("terminated by signal|^Killed$|^Terminated$|^Aborted|^Segmentation fault"
                    + "|could not connect to (?:source|target) postmaster|server closed the connection unexpectedly"
                    + "|(?:connection to|SSL connection to) .* (?:lost|failed)|unexpected postmaster exit|no connection to the server"
                    + "|the database system is (?:in recovery mode|shutting down|starting up)|out of memory"
                    + "|could not fork|Cannot allocate memory|Too many open files");

    /** What it says of what it does, and of where to look further. */
    private static final Pattern NOISE = Pattern.compile(
            " ok$|^(Performing|Finding|Checking|Creating|Restoring|Analyzing|-----|Failure,"
                    + "|If pg_upgrade fails|\\*failure\\*|Consult|Please|the probable cause|new cluster before|child process|Your old)");

    private static final Pattern DOING = Pattern.compile(
            "^((?:Performing|Finding|Checking|Creating|Restoring|Analyzing|Freezing|Setting|Copying|Adding)"
                    + " [^.]*?)(?:\\s{2,}.*|\\s*)$");

    private static final Pattern ERROR = Pattern.compile(
            "^.*?(?:error: could not execute query: |\\] )?((?:ERROR|DETAIL): .*|.*(?:" + CRASHED.pattern() + ").*)$");

    /** Restoring calls functions of indexes and generated columns without any search path, as autovacuum does. */
    private static final Pattern MISSING_FUNCTION = Pattern.compile("(function|relation|type) \\S+ does not exist");

    private static final String SEARCH_PATH_HELPS =
            "A function that an index, a generated column or a constraint uses finds what it"
                    + " calls by the search path alone: write the schema into its body, or alter function ... set search_path = public";

    private static final String NO_LOCKS = "out of shared memory";

    private static final String LOCKS_HELP =
            "It makes everything of a database in one transaction, which needs a lock for each object: raise"
                    + " max_locks_per_transaction of the cluster (PATCH config), or have fewer objects";

    private static final String CONTROLDATA = """
            #!/bin/sh
            case "$1" in -V|--version) echo "pg_controldata (PostgreSQL) %2$s"; exit;; esac
            "%1$s" "$@" | grep -v 'signedness\\|^WARN\\|^Either\\|^The results'
            """;
    private static final String RESETWAL = """
            #!/bin/sh
            case "$1" in -V|--version) echo "pg_resetwal (PostgreSQL) %2$s"; exit;; esac
            for data in "$@"; do :; done
            out=$("${0%%/*}/pg_controldata" "$data") || exit 1
            echo "$out"
            redo=$(echo "$out" | sed -n 's/.*REDO WAL file: *//p')
            number=$(echo "$redo" | cut -c 17-24)
            printf 'First log segment after reset:        %%s%%08X\\n' "$(echo "$redo" | cut -c 1-16)" $((0x$number + 1))
            """;
    private static final String SERVER = """
            #!/bin/sh
            case "$1" in -V|--version) echo "%3$s (PostgreSQL) %2$s"; exit;; esac
            exec "%1$s" "$@"
            """;

    private final LocalClusters clusters;
    private final PostgresServer old;
    private final PostgresServer coming;
    private final UpgradeTools.Tools tools;
    private final UpgradeTools.Tools control;
    private final boolean kept;
    private final boolean encodings;
    private final Path kit;
    private final Path work;

    /**
     * @param old stopped; its files are not to be used afterwards
     * @param coming stopped, and empty
     * @param kept whether what comes of it is used, and has to be on the disk
     * @param encodings whether it {@link #setsEncodings sets encodings}
     */
    public PgUpgrade(PostgresServer old, PostgresServer coming, boolean kept, boolean encodings) throws IOException {
        this.clusters = old.clusters();
        this.old = old;
        this.coming = coming;
        this.kept = kept;
        this.encodings = encodings;
        UpgradeTools all = clusters.engines().upgradeTools();
        String from = old.engine().major();
        String to = coming.engine().major();
        this.tools = all.to(to)
                .orElseThrow(
                        () -> new OperationFailed("this machine has no pg_upgrade of PostgreSQL " + to + " any more"));
        this.control = all.readingControlOf(from)
                .orElseThrow(() -> new OperationFailed("this machine has no pg_controldata for " + from + " any more"));
        this.kit = old.folder().root().resolve("kit");
        this.work = old.folder().root().resolve("work");
    }

    /** Whether somebody has set the encoding of clients, which need not know all characters of a database. */
    public static boolean setsEncodings(PostgresServer running) throws SQLException {
        try (Connection connection = running.open("postgres")) {
            return PostgresServer.number(
                            connection,
                            "select count(*) from pg_db_role_setting, unnest(setconfig) as c where c ~* '^client_encoding='")
                    > 0;
        }
    }

    /** Ends what an earlier life has left running. */
    public static void fence(LocalClusters clusters, PostgresServer old) throws IOException, InterruptedException {
        Path work = old.folder().root().resolve("work");
        if (Files.isDirectory(work)) {
            new Postmaster(new Engine("", "", work), work, work, clusters.account()).fence();
        }
    }

    /**
     * @throws OperationFailed with what stands in the way, when pg_upgrade refuses
     * @throws ToolCrashed when it, or what it has started, ended without saying a word about the database
     */
    public void run() throws IOException, InterruptedException {
        fence(clusters, old);
        MooringHome.deleteTree(kit);
        MooringHome.deleteTree(work);
        makeKit();
        Handover.folder(work, clusters.account());
        // A socket's path may be no longer than 107 bytes, so it cannot be inside the cluster's folder.
        String sockets =
                clusters.account().run(null, "mktemp", "-d").orFail("mktemp").output();
        try {
            Map<String, String> environment =
                    new HashMap<>(environment(old.password(), old.engine().major()));
            if (encodings) {
                environment.put("PGCLIENTENCODING", "UTF8");
            }
            ServerAccount.Result result = clusters.account().run(work, environment, LIMIT, command(sockets));
            if (result.crashed()) {
                throw new ToolCrashed("pg_upgrade: " + result.how());
            }
            if (result.exit() != 0) {
                Set<String> found = reasons(result);
                String reasons = inWords(found);
                if (brokeOff(found)) {
                    throw new ToolCrashed("a program that pg_upgrade has started "
                            + (reasons.isBlank() ? "was ended" + doing(result) : "broke off: " + reasons));
                }
                throw new OperationFailed("pg_upgrade to " + coming.engine().version() + " refuses: " + reasons);
            }
        } finally {
            clusters.account().run(null, "rm", "-rf", sockets);
        }
        MooringHome.deleteTree(coming.folder().data().resolve("pg_upgrade_output.d"));
        if (kept && !syncsItself()) {
            DurableFiles.syncTree(coming.folder().data());
        }
    }

    private String[] command(String sockets) {
        List<String> command = new ArrayList<>(List.of(
                tools.program("pg_upgrade"),
                "--old-bindir=" + kit.resolve("from"),
                "--new-bindir=" + kit.resolve("to"),
                "--old-datadir=" + old.folder().data(),
                "--new-datadir=" + coming.folder().data(),
                "--username=" + SuperuserConnection.USER,
                "--socketdir=" + sockets,
                "--jobs=" + JOBS,
                major() < FIRST_WITH_SWAP ? "--link" : "--swap"));
        if (!syncsItself()) {
            command.add("--no-sync");
        }
        return command.toArray(String[]::new);
    }

    /** It would wait for each file, four for each table, while nobody can write. */
    private boolean syncsItself() {
        return major() < FIRST_WITHOUT_SYNC;
    }

    private int major() {
        return Integer.parseInt(coming.engine().major());
    }

    /**
     * Whether nothing but a crash was found; pg_upgrade itself has no word for a tool that was killed. What a statement was refused
     * for is a verdict, whatever came down with it: other sessions of the same restore end without a word to their servers.
     */
    private static boolean brokeOff(Set<String> found) {
        boolean refused = found.stream()
                .anyMatch(reason ->
                        reason.startsWith("ERROR:") && !CRASHED.matcher(reason).find());
        return !refused
                && (found.stream().allMatch(String::isBlank)
                        || found.stream()
                                .anyMatch(reason -> CRASHED.matcher(reason).find()));
    }

    /** So that its WAL has names of its own in an archive that all servers of the cluster share. */
    public void beginTimeline(int timeline) throws IOException, InterruptedException {
        clusters.account()
                .run(
                        null,
                        tools.program("pg_resetwal"),
                        "-l",
                        "%08X%08X%08X".formatted(timeline, 0, 1),
                        "-D",
                        coming.folder().data().toString())
                .orFail("pg_resetwal");
    }

    /** @param major of the oldest server that is connected to */
    static Map<String, String> environment(String password, String major) {
        return Map.of(
                "PGPASSWORD",
                password,
                "PGAPPNAME",
                "mooring",
                "PGSSLMODE",
                "disable",
                "PGREQUIREAUTH",
                "scram-sha-256",
                "PGOPTIONS",
                UpgradeTools.sessionOptions(major));
    }

    private void makeKit() throws IOException {
        Path from = kit.resolve("from");
        Path to = kit.resolve("to");
        for (Path folder : List.of(kit, from, to)) {
            Files.createDirectory(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        for (String program : List.of("postgres", "pg_ctl", "initdb")) {
            script(
                    from,
                    program,
                    SERVER.formatted(old.engine().program(program), old.engine().version(), program));
            script(to, program, SERVER.formatted(coming.engine().program(program), tools.suffixed(), program));
        }
        String version = old.engine().version();
        script(from, "pg_controldata", CONTROLDATA.formatted(control.program("pg_controldata"), version));
        script(from, "pg_resetwal", RESETWAL.formatted("", version));
        for (String program :
                List.of("pg_dump", "pg_dumpall", "pg_restore", "psql", "vacuumdb", "pg_resetwal", "pg_controldata")) {
            Files.createSymbolicLink(to.resolve(program), Path.of(tools.program(program)));
        }
    }

    private static void script(Path folder, String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Its own words, and the lists of objects and the errors of other programs that it has put into files. */
    private Set<String> reasons(ServerAccount.Result result) throws IOException {
        Set<String> reasons = new LinkedHashSet<>(result.output()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty()
                        && !NOISE.matcher(line).find()
                        && !line.contains(coming.folder().root().toString()))
                .toList());
        for (Path root : List.of(coming.folder().data().resolve("pg_upgrade_output.d"), work)) {
            if (Files.isDirectory(root)) {
                try (var found = Files.walk(root)) {
                    for (Path file : found.filter(path -> path.toString().matches(".*\\.(txt|log)"))
                            .sorted()
                            .toList()) {
                        // Names are in the encodings of their databases.
                        String content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                        boolean list = file.toString().endsWith(".txt");
                        content.lines()
                                .filter(line -> list || ERROR.matcher(line).find())
                                .map(line -> list ? line : ERROR.matcher(line).replaceFirst("$1"))
                                .map(String::strip)
                                .limit(MOST_LINES)
                                .forEach(reasons::add);
                    }
                }
            }
        }
        return reasons;
    }

    /** The last thing that it has said it does. */
    private static String doing(ServerAccount.Result result) {
        return result.output()
                .lines()
                .map(DOING::matcher)
                .filter(Matcher::find)
                .map(line -> " while " + line.group(1).toLowerCase(Locale.ROOT))
                .reduce("", (earlier, later) -> later);
    }

    private static String inWords(Set<String> reasons) {
        String all = String.join(" ", reasons);
        if (all.contains(NO_LOCKS)) {
            return all + ". " + LOCKS_HELP;
        }
        return MISSING_FUNCTION.matcher(all).find() ? all + ". " + SEARCH_PATH_HELPS : all;
    }
}
