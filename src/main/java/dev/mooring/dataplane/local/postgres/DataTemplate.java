package dev.mooring.dataplane.local.postgres;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Initdb;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Data directories made once per server version, that new clusters are copied from: initdb is not on anybody's way. A
 * template has the roles and the database that every cluster begins with, none of which can log in but Mooring's own
 * superuser, with a password that only lasts until the copy has its own.
 */
public final class DataTemplate {

    private static final Logger LOG = Logger.getLogger(DataTemplate.class);

    /** Owns the databases that are made over the API; every user made over the API is a member. */
    public static final String OWNER_ROLE = "mooring_owner";

    public static final String ADMIN_ROLE = "doadmin";
    public static final String FIRST_DATABASE = "defaultdb";

    private final MooringHome home;
    private final Vault vault;
    private final ServerAccount account;
    private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

    public DataTemplate(MooringHome home, Vault vault, ServerAccount account) {
        this.home = home;
        this.vault = vault;
        this.account = account;
    }

    /**
     * @param data the directory to copy
     * @param superuserPassword valid in every copy until it is changed
     */
    public record Ready(Path data, String superuserPassword) {}

    /** The template for the server, made now when this is its first use. */
    public Ready prepare(Engine engine) throws IOException, InterruptedException, SQLException {
        ReentrantLock lock = locks.computeIfAbsent(engine.version(), version -> new ReentrantLock());
        lock.lockInterruptibly();
        try {
            Path folder = home.engines().resolve(engine.version() + "-template");
            Path secret = home.keys().resolve("template-" + engine.version());
            if (Files.notExists(folder) || !readable(secret)) {
                make(engine, folder, secret);
            }
            return new Ready(folder.resolve("data"), vault.unseal(Files.readString(secret)));
        } finally {
            lock.unlock();
        }
    }

    /** One that is damaged, or sealed with a key of before, is made again with its template. */
    private boolean readable(Path secret) {
        try {
            return Files.exists(secret)
                    && !vault.unseal(Files.readString(secret)).isEmpty();
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            return false;
        }
    }

    private void make(Engine engine, Path folder, Path secret) throws IOException, InterruptedException, SQLException {
        Path partial = folder.resolveSibling(folder.getFileName() + ".partial");
        Path data = partial.resolve("data");
        Postmaster postmaster =
                new Postmaster(engine, data, partial.resolve("log").resolve("start.log"), account);
        MooringHome.deleteTree(folder);
        // A Mooring that was killed while it made this template has left its server running.
        postmaster.fence();
        MooringHome.deleteTree(partial);
        Handover.passage(partial);
        Handover.folder(partial.resolve("log"), account);
        LOG.infof("making the template of PostgreSQL %s, which new clusters are copied from", engine.version());
        String password = RandomText.password();
        Initdb.run(engine, data, password, account, "--no-sync");
        int port = freePort();
        Handover.file(
                data.resolve("postgresql.conf"),
                "listen_addresses = '127.0.0.1'\nport = " + port
                        + "\nunix_socket_directories = ''\npassword_encryption = 'scram-sha-256'\nfsync = off\n",
                account);
        Handover.file(data.resolve("pg_hba.conf"), "host all postgres 127.0.0.1/32 scram-sha-256\n", account);
        postmaster.start();
        try (Connection connection = SuperuserConnection.await(
                "127.0.0.1", port, "postgres", password, Duration.ofSeconds(60), () -> true)) {
            if (connection == null) {
                throw new IOException("the template's server did not start: " + postmaster.startFailure());
            }
            fill(connection, password);
        } finally {
            postmaster.stop(Postmaster.Stop.FAST, Duration.ofSeconds(60));
        }
        Handover.file(data.resolve("pg_hba.conf"), "", account);
        DurableFiles.syncTree(data);
        MooringHome.write(secret, vault.seal(password), "rw-------");
        DurableFiles.move(partial, folder);
    }

    private static void fill(Connection connection, String password) throws SQLException {
        ServerRoles.settle(connection, List.of());
        try (Statement statement = connection.createStatement()) {
            // As initdb stores it, whoever sets up a copy waits for 4,096 rounds of a password that nobody could guess.
            statement.execute(
                    "alter role " + SuperuserConnection.USER + " password '" + ScramVerifier.ofRandom(password) + "'");
            statement.execute("create database " + FIRST_DATABASE + " owner " + OWNER_ROLE);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
