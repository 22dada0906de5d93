package dev.mooring.dataplane.local.standby.node;

import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.postgres.Conninfo;
import dev.mooring.engine.postgres.AtLeast;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * The settings of a server that follows: the primary's, because it may not have less of anything and takes the primary's place with
 * them, and behind a mark what makes it a follower.
 */
public final class StandbyConfiguration {

    public static final String SETTINGS = "postgresql.conf";
    static final String RULES = "pg_hba.conf";
    static final String SIGNAL = "standby.signal";

    /** What is before it is the primary's. */
    public static final String MARK = "# What makes this server a follower:";

    private static final ReentrantLock PASSWORDS = new ReentrantLock();

    /** Major version from which on a follower can keep copies of its primary's logical slots. */
    private static final int SYNCS_SLOTS = 17;

    /** PostgreSQL's documentation, "Administrator's Overview" of hot standby. */
    private static final Pattern SIZE = Pattern.compile(
            "^(max_connections|max_prepared_transactions|max_locks_per_transaction|max_wal_senders|max_worker_processes)"
                    + "\\s*=\\s*'?(\\d+)'?",
            Pattern.MULTILINE);

    private final LocalClusters clusters;
    private final ClusterFolder main;
    private final ClusterFolder.Manifest manifest;
    private final FollowerPlace place;

    StandbyConfiguration(
            LocalClusters clusters, ClusterFolder main, ClusterFolder.Manifest manifest, FollowerPlace place) {
        this.clusters = clusters;
        this.main = main;
        this.manifest = manifest;
        this.place = place;
    }

    /** The content of postgresql.conf. */
    String settings() throws IOException, InterruptedException {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("port", Integer.toString(place.port()));
        own.put("log_directory", place.folder().log().toString());
        own.put("primary_conninfo", primary());
        own.put("primary_slot_name", place.connection());
        own.put("hot_standby", "on");
        own.put("wal_receiver_status_interval", "1s");
        // The primary comes back at the same address, in the form of another server.
        own.put("wal_retrieve_retry_interval", "200ms");
        String ofPrimary = clusters.readData(main, SETTINGS);
        if (syncsSlots()) {
            // What is asked for as a slot that fails over is here too, for the case that the primary's files are lost.
            own.put("sync_replication_slots", "on");
            own.put("hot_standby_feedback", "on");
        }
        if (place.own() == null) {
            // What is only in its memory when the primary is lost is written before it takes the place, while everybody
            // waits.
            own.put("checkpoint_timeout", "30s");
            own.put("checkpoint_completion_target", "0.5");
        } else {
            own.putAll(readOnly(ofPrimary, place.own()));
        }
        return ofPrimary + MARK + "\n" + ServerParameters.lines(own);
    }

    private Map<String, String> readOnly(String ofPrimary, ClusterFolder.Follows follows) {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("cluster_name", place.folder().id().toString());
        own.putAll(ServerParameters.certificate(place.folder()));
        if (follows.pools()) {
            own.putAll(ServerParameters.poolers(place.folder()));
        }
        // Promoted, it would go on with subscriptions of the primary.
        own.put("max_logical_replication_workers", "0");
        own.putAll(AtLeast.over(written(ofPrimary), follows.atLeast()));
        own.put(ServerParameters.REVISION, Long.toString(follows.revision()));
        return own;
    }

    /** Of a postgresql.conf, the sizes that are in it. */
    static Map<String, String> written(String conf) {
        Map<String, String> written = new HashMap<>();
        for (String name : AtLeast.SIZES) {
            Pattern.compile("^" + Pattern.quote(name) + "\\s*=\\s*'?([^'\\n]*)'?", Pattern.MULTILINE)
                    .matcher(conf)
                    .results()
                    .map(line -> line.group(1))
                    .reduce((one, later) -> later)
                    .ifPresent(value -> written.put(name, value));
        }
        return written;
    }

    /** Whether a server with these settings has less of something that a follower has to have as much of as its primary. */
    static boolean lessThan(String settings, String before) {
        Map<String, Integer> now = sizes(settings);
        return sizes(before).entrySet().stream()
                .anyMatch(size -> now.getOrDefault(size.getKey(), Integer.MAX_VALUE) < size.getValue());
    }

    private static Map<String, Integer> sizes(String settings) {
        Map<String, Integer> sizes = new HashMap<>();
        SIZE.matcher(settings).results().forEach(line -> sizes.put(line.group(1), Integer.parseInt(line.group(2))));
        return sizes;
    }

    /** Who may connect may connect to every node; a read-only node has trusted sources of its own. */
    String rules() throws IOException, InterruptedException {
        return place.own() == null
                ? clusters.readData(main, RULES)
                : AccessRules.render(place.own().sources(), place.own().pools());
    }

    /** A read-only node never takes the primary's place. */
    private boolean syncsSlots() {
        return place.own() == null && Integer.parseInt(manifest.major()) >= SYNCS_SLOTS;
    }

    /** The password is in a file of its own: whoever may copy a server's files would find it in them. */
    private String primary() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("host", clusters.reach());
        words.put("port", Integer.toString(manifest.port()));
        words.put("user", SuperuserConnection.USER);
        words.put("passfile", passwords().toString());
        words.put("application_name", place.connection());
        if (syncsSlots()) {
            words.put("dbname", "postgres");
        }
        words.putAll(Conninfo.bound());
        return Conninfo.of(words);
    }

    private Path passwords() {
        return main.root().resolve("standby.pass");
    }

    /** One file for all that follow, which may be made at the same time. */
    void writePassword() throws IOException {
        PASSWORDS.lock();
        try {
            clusters.writeFile(
                    passwords(),
                    Conninfo.field(clusters.reach()) + ":" + manifest.port() + ":*:" + SuperuserConnection.USER + ":"
                            + Conninfo.field(clusters.vault().unseal(manifest.superuserSecret())) + "\n");
        } finally {
            PASSWORDS.unlock();
        }
    }
}
