package dev.mooring.dataplane.local.upgrade;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.postgres.OwnNames;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.home.MooringHome;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The server before an upgrade, and how to tell what has been written since that would be lost without it. It is down and as it was left,
 * or follows what is written, as far as logical decoding carries that.
 *
 * @param version exact
 * @param timeline of its WAL
 * @param limits how many connections each database took; while it is kept nobody may connect
 * @param follows whether it gets what is written to the new one
 * @param databases that it follows, in the order of their slots
 * @param definitions of the new server when it began to serve
 * @param counted of the new server: since when it counts what is written, as it says itself
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
public record Kept(
        String major,
        String version,
        int timeline,
        Map<String, Integer> limits,
        boolean follows,
        List<String> databases,
        @Nullable Definitions definitions,
        Carried counted) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_NAMED = 8;

    /** Of rows. Counting begins when the server begins to serve. */
    private static final String WRITTEN =
            "select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_class c join pg_catalog.pg_namespace n"
                    + " on n.oid = c.relnamespace where c.relkind in ('r', 'm') and c.relpersistence <> 't' and (c.oid >= 16384 or c.oid ="
                    + " 'pg_catalog.pg_largeobject'::pg_catalog.regclass) and pg_catalog.pg_stat_get_tuples_inserted(c.oid)"
                    + " + pg_catalog.pg_stat_get_tuples_updated(c.oid) + pg_catalog.pg_stat_get_tuples_deleted(c.oid) > 0 order by 1";

    /** What is neither defined nor written, and stays behind with the server that has it. */
    private static final List<String> STANDING = List.of(
            "select 'the prepared transaction ' || gid || ' in ' || database from pg_catalog.pg_prepared_xacts order by 1",
            "select 'the replication slot ' || slot_name from pg_catalog.pg_replication_slots where not temporary and slot_name !~ '"
                    + OwnNames.SLOTS + "' order by 1",
            "select 'the subscription ' || s.subname || ' in ' || d.datname from pg_catalog.pg_subscription s"
                    + " join pg_catalog.pg_database d on d.oid = s.subdbid where not " + OwnNames.subscription("s")
                    + " order by 1");

    private static Path file(ClusterFolder previous) {
        return previous.root().resolve("kept.json");
    }

    public static Optional<Kept> of(ClusterFolder previous) throws IOException {
        Path file = file(previous);
        return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), Kept.class)) : Optional.empty();
    }

    public void write(ClusterFolder previous) throws IOException {
        MooringHome.write(file(previous), JSON.writeValueAsString(this), "rw-------");
    }

    /**
     * Those of the databases that can be connected to on both sides and are the same one: since the upgrade somebody may have dropped, renamed
     * or closed one, or given its name to another.
     */
    public List<String> stillThere(PostgresServer serving, PostgresServer old) throws SQLException {
        Set<String> both = new HashSet<>(numbered(serving));
        both.retainAll(numbered(old));
        return databases.stream()
                .filter(database -> both.stream()
                        .anyMatch(one -> one.substring(one.indexOf(' ') + 1).equals(database)))
                .toList();
    }

    private static List<String> numbered(PostgresServer side) throws SQLException {
        try (Connection connection = side.open("postgres")) {
            return PostgresServer.strings(
                    connection, "select oid || ' ' || datname from pg_catalog.pg_database where datallowconn");
        }
    }

    /**
     * What has been written since and would be lost, by name. Nothing is missing while nobody is connected; where PostgreSQL does not tell,
     * that is named. Sequences and how many connections a database takes are not among it: they are brought.
     */
    public List<String> lost(PostgresServer serving) throws SQLException, InterruptedException {
        return definitions == null || !follows && !definitions.withFiles()
                ? List.of("nobody knows what, because an older Mooring has made the upgrade")
                : lost(serving, definitions.changedIn(serving));
    }

    /**
     * The same while nobody can write, and quickly.
     *
     * @param glance made before nothing of what was defined would have been lost; without one everything is looked at
     */
    public List<String> lost(PostgresServer serving, @Nullable Glance glance)
            throws SQLException, InterruptedException {
        return glance == null || glance.changed(serving) ? lost(serving) : lost(serving, List.of());
    }

    private List<String> lost(PostgresServer serving, List<String> defined) throws SQLException, InterruptedException {
        List<String> lost = new ArrayList<>(defined);
        try (Connection connection = serving.open("postgres")) {
            for (String query : STANDING) {
                lost.addAll(PostgresServer.strings(connection, query));
            }
        }
        if (follows) {
            lost.addAll(counted.missedIn(serving));
            return lost;
        }
        lost.addAll(counted.uncounted(Carried.now(serving)));
        if (!Carried.countsExactly(serving.engine().major())) {
            lost.add("nobody knows what, because PostgreSQL " + serving.engine().major()
                    + " does not count exactly what is written");
        }
        serving.inEach(serving.everyDatabase(), (connection, database) -> {
            List<String> tables = PostgresServer.strings(connection, WRITTEN);
            if (!tables.isEmpty()) {
                int more = tables.size() - MOST_NAMED;
                lost.add(String.join(", ", tables.subList(0, Math.min(MOST_NAMED, tables.size())))
                        + (more > 0 ? " and " + more + " more" : "") + " in " + database);
            }
        });
        return lost;
    }
}
