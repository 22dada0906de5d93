package dev.mooring.dataplane.kubernetes;

import dev.mooring.home.CertificateAuthority;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Engines;
import dev.mooring.process.postgres.Initdb;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.UpgradeTools;
import dev.mooring.support.TestGround;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A real PostgreSQL that stands for the servers of one cluster at a time: settings, access rules, roles and databases are real, so that
 * whoever asks it gets true answers. Its superuser comes in by a rule of its own, as the operator does.
 */
final class SharedServer implements AutoCloseable {

    static final String PASSWORD = "of-the-operator";

    private final Path folder;
    private final Path first;
    private Path data;
    private final int port;
    private final ServerAccount account;
    private final Engines engines;
    private final Engine newest;
    private Engine engine;
    private Postmaster postmaster;
    private final CertificateAuthority authority;
    private final SharedServer follows;

    SharedServer(Engines engines, ServerAccount account, CertificateAuthority authority) throws Exception {
        this.engines = engines;
        this.newest = engines.engine("17");
        this.account = account;
        this.authority = authority;
        this.follows = null;
        folder = TestGround.newFolder();
        first = folder.resolve("data");
        data = first;
        port = freePort();
        make(newest);
        start(newest);
    }

    /** One that copies another one and goes on following it. */
    SharedServer(SharedServer primary) throws Exception {
        this.engines = primary.engines;
        this.newest = primary.newest;
        this.account = primary.account;
        this.authority = primary.authority;
        this.follows = primary;
        folder = TestGround.newFolder();
        first = folder.resolve("data");
        data = first;
        port = freePort();
        Path copied = primary.copy();
        copy(copied, data);
        dev.mooring.home.MooringHome.deleteTree(copied);
        Handover.file(data.resolve("standby.signal"), "", account);
        write(Map.of(), List.of());
        start(primary.engine);
    }

    private static int freePort() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private void make(Engine made) throws Exception {
        Initdb.run(made, data, PASSWORD, account);
        Handover.file(data.resolve("server.pem"), authority.issue(List.of("pg-rw")), account);
        write(Map.of(), List.of());
    }

    /**
     * Goes on as another major version with everything that there is, as pg_upgrade makes it: roles with their passwords, databases, and
     * what is in them.
     */
    void upgrade(String major) throws Exception {
        UpgradeTools.Tools tools = engines.upgradeTools().to(major).orElseThrow();
        Path dump = folder.resolve("dump.sql");
        tool(tools.program("pg_dumpall"), "--file=" + dump, "--database=postgres");
        postmaster.stop(Postmaster.Stop.FAST, Duration.ofSeconds(20));
        data = folder.resolve("data-" + major + "-" + System.nanoTime());
        make(engines.engine(major));
        start(engines.engine(major));
        tool(tools.program("psql"), "--quiet", "--no-psqlrc", "--dbname=postgres", "--file=" + dump);
    }

    private void tool(String... command) throws Exception {
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(List.of("--host=127.0.0.1", "--port=" + port, "--username=postgres"));
        ProcessBuilder running = new ProcessBuilder(words).redirectErrorStream(true);
        running.environment().put("PGPASSWORD", PASSWORD);
        Process process = running.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", words) + ": " + said);
        }
    }

    private void start(Engine started) throws Exception {
        engine = started;
        postmaster = new Postmaster(engine, data, data.resolve("start.log"), account);
        postmaster.start();
        Awaitility.await("PostgreSQL is ready")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .until(postmaster::ready);
    }

    /** Goes on under another minor version, as a server does in another image. */
    void become(String version) throws Exception {
        if (!version.startsWith(engine.major() + ".") && version.startsWith(newest.major() + ".")) {
            // The first servers of another cluster, whose volumes are empty.
            postmaster.stop(Postmaster.Stop.FAST, Duration.ofSeconds(20));
            data = first;
            start(newest);
            empty();
        }
        if (!version.equals(engine.version())) {
            postmaster.stop(Postmaster.Stop.FAST, Duration.ofSeconds(20));
            start(version.equals(newest.version()) ? newest : OtherMinor.of(newest, version, folder));
        }
    }

    /** The data as they are when the server has stopped; it goes on. */
    Path copy() throws Exception {
        postmaster.stop(Postmaster.Stop.FAST, Duration.ofSeconds(20));
        Path copy = folder.resolve("copy-" + System.nanoTime());
        copy(data, copy);
        start(engine);
        return copy;
    }

    /** Goes on with other data. */
    void become(Path copy) throws Exception {
        postmaster.stop(Postmaster.Stop.FAST, Duration.ofSeconds(20));
        dev.mooring.home.MooringHome.deleteTree(data);
        copy(copy, data);
        start(engine);
    }

    /** With their owner. */
    private static void copy(Path from, Path to) throws Exception {
        Process copying = new ProcessBuilder("cp", "-a", from.toString(), to.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(copying.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (copying.waitFor() != 0) {
            throw new IllegalStateException(said);
        }
    }

    int port() {
        return port;
    }

    ServerAccount account() {
        return account;
    }

    /** Certificate and key, as PEM, of what is reached by that name. */
    String certificate(String name) throws Exception {
        return authority.issue(List.of(name));
    }

    String authority() throws Exception {
        return authority.bundle();
    }

    /** Puts settings and access rules in force, as a reload does it. */
    void configure(Map<?, ?> parameters, List<?> rules) throws Exception {
        write(parameters, rules);
        postmaster.reload();
    }

    private void write(Map<?, ?> parameters, List<?> rules) throws Exception {
        List<String> lines = new ArrayList<>(List.of(
                "port = " + port,
                "listen_addresses = '127.0.0.1'",
                "unix_socket_directories = ''",
                "fsync = off",
                "archive_mode = on",
                "archive_command = 'true'",
                "ssl = on",
                "ssl_cert_file = 'server.pem'",
                "ssl_key_file = 'server.pem'"));
        if (follows != null) {
            // Without what somebody has in a home folder.
            lines.add("primary_conninfo = 'host=127.0.0.1 port=" + follows.port
                    + " user=postgres sslmode=require sslcert=/none sslrootcert=/none password=" + PASSWORD + "'");
            lines.add("wal_retrieve_retry_interval = '100ms'");
        }
        parameters.forEach((name, value) -> {
            // It is one small server, whatever the size of the cluster; what needs a restart is another test's.
            if (List.of("work_mem", "mooring.revision", "mooring.followed").contains(name)) {
                lines.add(name + " = '" + value + "'");
            }
            if ("archive_timeout".equals(name)) {
                // Nobody waits for a minute here.
                lines.add("archive_timeout = 1");
            }
        });
        List<String> hba = new ArrayList<>(List.of(
                "host all postgres 127.0.0.1/32 scram-sha-256",
                "host replication postgres 127.0.0.1/32 scram-sha-256"));
        rules.forEach(rule -> hba.add(rule.toString()));
        hba.add("host all all all scram-sha-256");
        Handover.file(data.resolve("postgresql.conf"), String.join("\n", lines) + "\n", account);
        Handover.file(data.resolve("pg_hba.conf"), String.join("\n", hba) + "\n", account);
    }

    Connection open(String database, String user, String password) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?sslmode=require", user, password);
    }

    void run(String sql) throws SQLException {
        try (Connection connection = open("postgres", "postgres", PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    boolean any(String sql) throws SQLException {
        return !list(sql).isEmpty();
    }

    List<String> list(String sql) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Connection connection = open("postgres", "postgres", PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    /** As a cluster's volumes go with it. */
    void empty() throws SQLException {
        for (String database :
                list("select datname from pg_database where datname <> 'postgres' and not datistemplate")) {
            run("drop database " + quoted(database) + " with (force)");
        }
        for (String role : list("select rolname from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'")) {
            run("drop owned by " + quoted(role));
            run("drop role " + quoted(role));
        }
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    @Override
    public void close() throws Exception {
        postmaster.stop(Postmaster.Stop.IMMEDIATE, Duration.ofSeconds(20));
        postmaster.fence();
        dev.mooring.home.MooringHome.deleteTree(folder);
    }
}
