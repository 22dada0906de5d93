package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What CloudNativePG does for Clusters in replica mode: each has a server of its own, a real standby that copies the real primary and follows
 * it until the object says that it does not any more.
 */
final class ScriptedReplicas implements AutoCloseable {

    private static final String SETTING = "max_locks_per_transaction";

    private final TestObjects objects;
    private final SharedServer shared;
    private final Map<String, SharedServer> own = new ConcurrentHashMap<>();
    private final Set<String> copied = ConcurrentHashMap.newKeySet();

    /** In the order in which the operator has seen it: how many locks a cluster is to have, as {@code cluster=locks}. */
    final List<String> locks = new CopyOnWriteArrayList<>();

    /** Whether nobody is promoted, whatever the objects say. */
    volatile boolean held;

    ScriptedReplicas(TestObjects objects, SharedServer shared) {
        this.objects = objects;
        this.shared = shared;
    }

    /** That of a cluster: its own for those that were copied, else the one that there is. */
    SharedServer server(String cluster) {
        return own.getOrDefault(cluster, shared);
    }

    /** @return whether there is more to do than was done at this look */
    boolean goesOn(String cluster, Map<String, Object> spec) throws Exception {
        String locked =
                cluster + "=" + map(map(spec, "postgresql"), "parameters").getOrDefault(SETTING, "64");
        if (!locked.equals(lastOf(cluster))) {
            locks.add(locked);
        }
        if (!spec.containsKey("replica")) {
            return false;
        }
        Map<String, Object> replica = map(spec, "replica");
        boolean follows = Boolean.TRUE.equals(replica.get("enabled"));
        if (!own.containsKey(cluster)) {
            if (!follows) {
                throw new IllegalStateException("nothing was copied for " + cluster);
            }
            requireSource(spec, replica.get("source"));
            objects.status(TestObjects.CLUSTERS, cluster, Map.of("phase", "Setting up primary"));
            copied.add(cluster);
            own.put(cluster, new SharedServer(shared));
            return true;
        }
        SharedServer server = own.get(cluster);
        if (!follows && server.any("select 1 where pg_is_in_recovery()")) {
            objects.status(TestObjects.CLUSTERS, cluster, Map.of("phase", "Promoting to primary cluster"));
            if (!held) {
                server.run("select pg_promote()");
            }
            return true;
        }
        return false;
    }

    private String lastOf(String cluster) {
        return locks.stream()
                .filter(one -> one.startsWith(cluster + "="))
                .reduce((one, later) -> later)
                .orElse("");
    }

    /** Without them the real one would wait for ever. */
    private void requireSource(Map<String, Object> spec, Object source) {
        Map<String, Object> bootstrap = map(map(spec, "bootstrap"), "pg_basebackup");
        List<Object> external = new ArrayList<>((List<?>) spec.get("externalClusters"));
        if (!source.equals(bootstrap.get("source")) || !external.toString().contains("host=" + source + "-rw")) {
            throw new IllegalStateException("a source that is not there: " + spec);
        }
        objects.password(map(bootstrap, "secret").get("name").toString());
    }

    /** @return whether it had a server of its own */
    boolean end(String cluster) throws Exception {
        SharedServer ended = own.remove(cluster);
        if (ended != null) {
            ended.close();
        }
        return copied.contains(cluster);
    }

    @Override
    public void close() throws Exception {
        for (String cluster : List.copyOf(own.keySet())) {
            end(cluster);
        }
    }
}
