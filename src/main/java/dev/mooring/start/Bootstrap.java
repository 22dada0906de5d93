package dev.mooring.start;

import dev.mooring.home.Authorities;
import dev.mooring.home.HomeLock;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engines;
import dev.mooring.process.postgres.session.OwnServerSockets;
import dev.mooring.process.postgres.session.SaslOnly;
import dev.mooring.start.listen.ApiCertificate;
import dev.mooring.start.listen.Listening;
import dev.mooring.start.preflight.EarlySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * What must stand before the application starts: the locked home folder, keys, certificates and a metadata database. What
 * was found out is handed on as system properties, which the application's configuration reads.
 */
public final class Bootstrap implements AutoCloseable {

    static final String REACTIVE_URL = "quarkus.datasource.reactive.url";
    private static final String JDBC_URL = "quarkus.datasource.jdbc.url";
    private static final String EMBEDDED = "mooring.metadata.embedded";

    private final HomeLock lock;
    private final @Nullable EmbeddedMetadata metadata;

    private Bootstrap(HomeLock lock, @Nullable EmbeddedMetadata metadata) {
        this.lock = lock;
        this.metadata = metadata;
    }

    /**
     * Where it fails for the first time on a folder, nothing of it is left behind.
     *
     * @param listens whether the ports of the API have to be free
     * @throws IllegalStateException with what to do, when another Mooring runs on the folder
     * @throws IllegalArgumentException with what to do, when a setting is wrong
     */
    public static Bootstrap prepare(boolean listens)
            throws IOException, GeneralSecurityException, InterruptedException {
        MooringHome home = MooringHome.configured();
        // Before the ports: that they are taken by a Mooring on the same folder says less.
        HomeLock lock = HomeLock.takeIfThere(home).orElse(null);
        Machine.check(listens, warning -> System.err.println("mooring: " + warning));
        Role role = Role.configured();
        Listening listening = Listening.configured();
        if (Files.exists(home.restoring())) {
            throw new IllegalStateException("the restore of " + home.root()
                    + " was interrupted: run   mooring restore-home   again, or delete " + home.restoring()
                    + " to begin with an empty folder");
        }
        FirstStart first = FirstStart.on(home);
        create(home);
        if (lock == null) {
            lock = HomeLock.take(home);
        }
        first.locked();
        try {
            return prepare(home, lock, role, listening);
        } catch (Exception e) {
            first.undo();
            throw e;
        }
    }

    private static Bootstrap prepare(MooringHome home, HomeLock lock, Role role, Listening listening)
            throws IOException, GeneralSecurityException, InterruptedException {
        // Vert.x wants a folder of its own even where it keeps nothing there, and /tmp may be read-only.
        System.setProperty(
                "quarkus.vertx.cache-directory", home.cache().resolve("vertx").toString());
        String externalUrl = EarlySettings.get(REACTIVE_URL);
        String key = EarlySettings.get("mooring.encryption.key");
        if (externalUrl != null && key == null && Files.notExists(home.keys().resolve("encryption-key"))) {
            throw new IllegalArgumentException("MOORING_ENCRYPTION_KEY must be set with an external metadata database,"
                    + " because every Mooring that shares it needs the same one."
                    + " Make it once with: head -c 32 /dev/urandom | base64");
        }
        if (role.runsOperations()) {
            account().checkCanEnter(home.clusters());
        }
        if (role == Role.MIGRATE) {
            System.setProperty("quarkus.http.host-enabled", "false");
        } else {
            listening.apply();
        }
        Vault vault = Vault.open(home, key);
        if (listening.https()) {
            Clock clock = Clock.systemUTC();
            ApiCertificate.prepare(home, new Authorities(home, vault, clock).api(), clock.instant());
        }
        EmbeddedMetadata metadata = null;
        if (externalUrl == null) {
            metadata = EmbeddedMetadata.start(home, Engines.find(home), account());
            System.setProperty(REACTIVE_URL, "postgresql://127.0.0.1:" + metadata.port() + "/mooring");
            System.setProperty(
                    JDBC_URL,
                    "jdbc:postgresql://127.0.0.1:" + metadata.port() + "/mooring?" + SaslOnly.parameter() + "&"
                            + OwnServerSockets.parameters());
            System.setProperty("quarkus.datasource.username", EmbeddedMetadata.USER);
            System.setProperty("quarkus.datasource.password", metadata.password());
        } else if (EarlySettings.get(JDBC_URL) == null) {
            System.setProperty(
                    JDBC_URL,
                    "jdbc:"
                            + externalUrl
                                    .replaceFirst("^vertx-reactive:", "")
                                    .replaceFirst("^postgres:", "postgresql:"));
        }
        System.setProperty(EMBEDDED, Boolean.toString(metadata != null));
        return new Bootstrap(lock, metadata);
    }

    static boolean metadataIsEmbedded() {
        return Boolean.getBoolean(EMBEDDED);
    }

    private static void create(MooringHome home) {
        try {
            home.create();
        } catch (IOException e) {
            throw new IllegalStateException(
                    "its folder " + home.root() + " cannot be made or written (" + e
                            + "). Set MOORING_HOME to one that can.",
                    e);
        }
    }

    private static ServerAccount account() throws IOException, InterruptedException {
        return ServerAccount.choose(EarlySettings.get("mooring.local.user"));
    }

    /** Stops the embedded metadata database; the clusters go on. */
    @Override
    public void close() {
        if (metadata != null && lock.held()) {
            metadata.stop();
        }
    }
}
