package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClientSessions;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import java.io.IOException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Clients that are connected to pools. Another rule keeps new ones out and does nothing to them. */
final class PoolClients {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
    private static final String STRANGE = "select address from pg_catalog.unnest(?::pg_catalog.text[]) address"
            + " where not exists (select from pg_catalog.unnest(?::pg_catalog.text[]) source"
            + " where address::pg_catalog.inet operator(pg_catalog.<<=) source::pg_catalog.inet)";

    private PoolClients() {}

    /**
     * Ends those whom the pools would not let in now, or that are connected to another database than the pool has now.
     *
     * @param before the pools that they have come to
     */
    static void seeOut(PgBouncerProcess process, ClusterSpec wish, List<ClusterSpec.Pool> before, Connection superuser)
            throws IOException, SQLException {
        try (PgBouncerConsole console = process.console(ANSWER_LIMIT)) {
            List<Map<String, String>> clients = all(console);
            Set<String> strange = strange(clients, wish.networks(), superuser);
            Set<String> emptied = new TreeSet<>();
            for (Map<String, String> client : clients) {
                Optional<ClusterSpec.Pool> pool = find(wish.pools(), client.get("database"));
                // Those of a pool that is gone PgBouncer ends itself.
                if (pool.isPresent() && !stays(client, pool.get(), wish, before, strange)) {
                    end(console, client, emptied);
                }
            }
            for (String pool : emptied) {
                console.ask("KILL \"" + pool + "\"");
                console.ask("RESUME \"" + pool + "\"");
            }
        }
    }

    /** Those of a process, by where they come from; none when it does not answer. */
    static List<ClientSessions> of(PgBouncerProcess process, @Nullable List<String> networks, Connection superuser)
            throws SQLException {
        List<Map<String, String>> clients;
        try (PgBouncerConsole console = process.console(ANSWER_LIMIT)) {
            clients = all(console);
        } catch (IOException down) {
            return List.of();
        }
        Set<String> strange = strange(clients, networks, superuser);
        Map<ClientSessions, Integer> found = new LinkedHashMap<>();
        for (Map<String, String> client : clients) {
            String address = client.get("addr");
            ClientSessions one = new ClientSessions(
                    address, client.get("user"), client.get("database"), 1, !strange.contains(address));
            found.merge(one, 1, Integer::sum);
        }
        return found.entrySet().stream()
                .map(entry -> new ClientSessions(
                        entry.getKey().address(),
                        entry.getKey().user(),
                        entry.getKey().database(),
                        entry.getValue(),
                        entry.getKey().trusted()))
                .toList();
    }

    private static List<Map<String, String>> all(PgBouncerConsole console) throws IOException {
        return console.ask("SHOW CLIENTS").stream()
                .filter(client -> !PgBouncerConsole.DATABASE.equals(client.get("database")))
                .toList();
    }

    private static boolean stays(
            Map<String, String> client,
            ClusterSpec.Pool pool,
            ClusterSpec wish,
            List<ClusterSpec.Pool> before,
            Set<String> strange) {
        boolean sameDatabase = find(before, pool.name())
                .map(old -> old.database().equals(pool.database()))
                .orElse(true);
        return sameDatabase
                && (pool.user() == null || pool.user().equals(client.get("user")))
                && !wish.absentUsers().contains(client.get("user"))
                && !strange.contains(client.get("addr"));
    }

    private static Optional<ClusterSpec.Pool> find(List<ClusterSpec.Pool> pools, @Nullable String name) {
        return pools.stream().filter(pool -> pool.name().equals(name)).findFirst();
    }

    /** An older PgBouncer only ends all clients of a pool; those of the others come back. */
    private static void end(PgBouncerConsole console, Map<String, String> client, Set<String> emptied)
            throws IOException {
        String id = client.get("id");
        if (id == null) {
            emptied.add(client.get("database"));
            return;
        }
        try {
            console.ask("KILL_CLIENT " + id);
        } catch (PgBouncerConsole.Refused e) {
            // It may have gone by itself.
            if (console.ask("SHOW CLIENTS").stream().anyMatch(other -> id.equals(other.get("id")))) {
                emptied.add(client.get("database"));
            }
        }
    }

    /** The addresses of clients from where nobody is trusted. */
    private static Set<String> strange(
            List<Map<String, String>> clients, @Nullable List<String> sources, Connection superuser)
            throws SQLException {
        Set<String> addresses = new HashSet<>();
        clients.forEach(client -> addresses.add(client.get("addr")));
        addresses.removeIf(address -> !address.matches("[0-9A-Fa-f:.]+"));
        if (sources == null || addresses.isEmpty()) {
            return Set.of();
        }
        Array known = superuser.createArrayOf("text", addresses.toArray());
        Array trusted = superuser.createArrayOf("text", sources.toArray());
        Set<String> found = new HashSet<>();
        try (PreparedStatement statement = superuser.prepareStatement(STRANGE)) {
            statement.setArray(1, known);
            statement.setArray(2, trusted);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
        return found;
    }
}
