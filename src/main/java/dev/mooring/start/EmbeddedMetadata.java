package dev.mooring.start;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RandomText;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Engines;
import dev.mooring.process.postgres.Initdb;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;

/** The PostgreSQL that holds Mooring's own rows when none is configured: on loopback, under {@code $MOORING_HOME/metadata}. */
final class EmbeddedMetadata {

    static final String USER = SuperuserConnection.USER;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Postmaster postmaster;
    private final int port;
    private final String password;

    private EmbeddedMetadata(Postmaster postmaster, int port, String password) {
        this.postmaster = postmaster;
        this.port = port;
        this.password = password;
    }

    int port() {
        return port;
    }

    String password() {
        return password;
    }

    /** Makes it at first start, adopts it when it is still running, else starts it. */
    static EmbeddedMetadata start(MooringHome home, Engines engines, ServerAccount account)
            throws IOException, InterruptedException {
        if (engines.majors().isEmpty()) {
            throw new IllegalStateException("no PostgreSQL server was found for the metadata. Build Mooring with Maven,"
                    + " which fetches the bundles, install PostgreSQL, or set QUARKUS_DATASOURCE_REACTIVE_URL");
        }
        Path folder = home.metadata();
        Path data = folder.resolve("data");
        Path secret = home.keys().resolve("metadata-password");
        Path versionFile = folder.resolve("version");
        Handover.reclaim(folder, account);
        Path startLog = folder.resolve("start.log");
        if (Files.notExists(startLog)) {
            Handover.file(startLog, "", account);
        }
        if (Files.notExists(data)) {
            String newest = engines.newestMajor();
            System.out.println("Making the metadata database, PostgreSQL "
                    + engines.versions().get(newest));
            create(folder, secret, engines.engine(newest), account);
        }
        Engine engine = engine(engines, versionFile, data);
        String password = Files.readString(secret).strip();
        Postmaster postmaster = new Postmaster(engine, data, startLog, account);
        int port;
        boolean adopted = postmaster.alive();
        if (adopted) {
            port = port(folder.resolve("port"))
                    .orElseThrow(() -> new IOException(folder.resolve("port") + " is damaged: it has to hold the port"
                            + " of the metadata database, which is running; stop that to get another one"));
        } else {
            postmaster.fence();
            port = freePort(folder);
            configure(data, port, account);
            postmaster.start();
        }
        EmbeddedMetadata metadata = new EmbeddedMetadata(postmaster, port, password);
        try {
            ensureDatabase(postmaster, port, password);
        } catch (IOException | RuntimeException e) {
            if (!adopted) {
                metadata.stop();
            }
            throw e;
        }
        return metadata;
    }

    void stop() {
        try {
            postmaster.stop(Postmaster.Stop.FAST, LIMIT);
        } catch (IOException e) {
            System.err.println("the metadata database goes on running, the next start adopts it: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void create(Path folder, Path secret, Engine engine, ServerAccount account)
            throws IOException, InterruptedException {
        Path partial = folder.resolve("data.partial");
        MooringHome.deleteTree(partial);
        String password = RandomText.password();
        MooringHome.write(secret, password, "rw-------");
        Initdb.run(engine, partial, password, account);
        MooringHome.write(folder.resolve("version"), engine.version(), "rw-r--r--");
        DurableFiles.move(partial, folder.resolve("data"));
    }

    private static void configure(Path data, int port, ServerAccount account) throws IOException {
        Handover.file(
                data.resolve("postgresql.conf"),
                "# Written by Mooring at each start; changes here are overwritten.\n"
                        + "listen_addresses = '127.0.0.1'\nport = " + port + "\nunix_socket_directories = ''\n"
                        + "password_encryption = 'scram-sha-256'\nmax_connections = 100\nshared_buffers = '64MB'\n"
                        + "max_wal_size = '256MB'\nmin_wal_size = '80MB'\ncluster_name = 'mooring-metadata'\n"
                        + "logging_collector = on\nlog_directory = 'log'\nlog_filename = 'postgresql-%a.log'\n"
                        + "log_rotation_age = '1d'\nlog_truncate_on_rotation = on\n",
                account);
        Handover.file(
                data.resolve("pg_hba.conf"),
                "# Written by Mooring at each start; changes here are overwritten.\n" + "host all " + USER
                        + " 127.0.0.1/32 scram-sha-256\n",
                account);
    }

    /** The port of last time when it is free, so that the address stays the same. */
    private static int freePort(Path folder) throws IOException {
        Path file = folder.resolve("port");
        int wanted = port(file).orElse(0);
        int port;
        try (ServerSocket socket = new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        } catch (IOException e) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort();
            }
        }
        MooringHome.write(file, Integer.toString(port), "rw-r--r--");
        return port;
    }

    /** Empty when there is no such file, or none that holds one. */
    private static Optional<Integer> port(Path file) throws IOException {
        String text = Files.exists(file)
                ? Files.readString(file, StandardCharsets.ISO_8859_1).strip()
                : "";
        return text.matches("\\d{1,5}") ? Optional.of(Integer.parseInt(text)) : Optional.empty();
    }

    /** The server that it last ran with, or where that is not known any more the newest that its data are of. */
    private static Engine engine(Engines engines, Path versionFile, Path data) throws IOException {
        String version = Files.exists(versionFile)
                ? Files.readString(versionFile, StandardCharsets.ISO_8859_1).strip()
                : "";
        return version.matches("\\d+\\..+")
                ? engines.engine(version.split("\\.")[0], version)
                : engines.engine(Files.readString(data.resolve("PG_VERSION")).strip());
    }

    private static void ensureDatabase(Postmaster postmaster, int port, String password)
            throws IOException, InterruptedException {
        try (Connection connection =
                SuperuserConnection.await("127.0.0.1", port, "postgres", password, LIMIT, postmaster::alive)) {
            if (connection == null) {
                throw new IOException("the metadata database did not start: " + postmaster.startFailure());
            }
            try (Statement statement = connection.createStatement()) {
                if (!statement
                        .executeQuery("select from pg_database where datname = 'mooring'")
                        .next()) {
                    statement.execute("create database mooring");
                }
            }
        } catch (SQLException e) {
            throw new IOException("cannot open the metadata database: " + e.getMessage(), e);
        }
    }
}
