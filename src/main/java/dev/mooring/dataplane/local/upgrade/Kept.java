package dev.mooring.dataplane.local.upgrade;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.MooringHome;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The server before a brief upgrade, down and as it was left, and how to tell what has been written since.
 *
 * @param version exact
 * @param timeline of its WAL
 * @param limits how many connections each database took; while it is kept nobody may connect
 * @param countedSince since when the new server counts what is written, as it says itself
 * @param roles a fingerprint of its roles and passwords when it began to serve
 */
@RegisterForReflection
public record Kept(
        String major, String version, int timeline, Map<String, Integer> limits, String countedSince, String roles) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_NAMED = 8;

    /** Set when counting begins: at the first start, because there is no file of counts then, and after a crash. */
    private static final String COUNTED_SINCE = "select stats_reset::text from pg_catalog.pg_stat_bgwriter";

    /** A user's tables and the catalogs that hold what users define. What analyzing and closing the doors writes counts for nothing. */
    private static final String WRITTEN = "select pg_catalog.format('%I.%I', schemaname, relname)"
            + " from pg_catalog.pg_stat_all_tables where n_tup_ins + n_tup_upd + n_tup_del > 0"
            + " and schemaname !~ '^pg_(temp|toast|toast_temp)' and relname !~ '^pg_(statistic|database$|authid$)' order by 1";

    /** Mooring's own get new passwords all the time. */
    private static final String ROLES =
            "select pg_catalog.md5(pg_catalog.string_agg(a::pg_catalog.text, ',' order by rolname))"
                    + " from pg_catalog.pg_authid a where rolname !~ '^(mooring|pg)_'";

    private static Path file(ClusterFolder previous) {
        return previous.root().resolve("kept.json");
    }

    public static Optional<Kept> of(ClusterFolder previous) throws IOException {
        Path file = file(previous);
        return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), Kept.class)) : Optional.empty();
    }

    public static void write(ClusterFolder previous, Kept kept) throws IOException {
        MooringHome.write(file(previous), JSON.writeValueAsString(kept), "rw-------");
    }

    /** What a server that has begun to serve just now is to be compared with later. */
    public static Kept of(String major, String version, int timeline, Map<String, Integer> limits, Side serving)
            throws SQLException {
        try (Connection connection = serving.open("postgres")) {
            return new Kept(
                    major,
                    version,
                    timeline,
                    limits,
                    Side.strings(connection, COUNTED_SINCE).getFirst(),
                    Side.strings(connection, ROLES).getFirst());
        }
    }

    /** What has been written since and would be lost, by name; exact while nobody is connected. */
    public List<String> writtenSince(Side serving) throws SQLException, InterruptedException {
        List<String> written = new ArrayList<>();
        Kept now = of(major, version, timeline, limits, serving);
        if (!now.countedSince().equals(countedSince)) {
            written.add("nobody knows what, because the server has crashed or its statistics were reset");
        }
        if (!now.roles().equals(roles)) {
            written.add("roles or their passwords");
        }
        List<String> databases = serving.everyDatabase();
        for (String database : limits.keySet()) {
            if (!databases.contains(database)) {
                written.add("the database " + database + " was dropped");
            }
        }
        for (String database : databases) {
            if (!limits.containsKey(database) && !database.equals("template1")) {
                written.add("the database " + database + " was made");
            }
        }
        serving.inEach(databases, (connection, database) -> {
            List<String> tables = Side.strings(connection, WRITTEN);
            if (!tables.isEmpty()) {
                int more = tables.size() - MOST_NAMED;
                written.add(String.join(", ", tables.subList(0, Math.min(MOST_NAMED, tables.size())))
                        + (more > 0 ? " and " + more + " more" : "") + " in " + database);
            }
        });
        return written;
    }
}
