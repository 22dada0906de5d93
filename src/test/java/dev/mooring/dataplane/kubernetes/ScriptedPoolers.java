package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import dev.mooring.process.Handover;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What CloudNativePG does for poolers: a real PgBouncer for each, with the files that the operator's own templates make. */
final class ScriptedPoolers implements AutoCloseable {

    private final TestObjects objects;
    private final SharedServer server;
    private final Map<String, Running> running = new ConcurrentHashMap<>();

    /** Looks for which a pool that has changed goes on as before, though the operator calls it active. */
    final AtomicInteger slow = new AtomicInteger();

    /** Why no pool can be run; null when they can. */
    volatile String failure;

    private record Running(PgBouncerProcess process, long generation, String access) {}

    ScriptedPoolers(TestObjects objects, SharedServer server) {
        this.objects = objects;
        this.server = server;
    }

    int port(String pooler) {
        return running.get(pooler).process().port();
    }

    void look() throws Exception {
        List<String> present = new ArrayList<>();
        for (GenericKubernetesResource pooler :
                objects.of(TestObjects.POOLERS).list().getItems()) {
            present.add(pooler.getMetadata().getName());
            pooler(pooler);
        }
        for (String gone : List.copyOf(running.keySet())) {
            if (!present.contains(gone)) {
                end(gone);
            }
        }
    }

    private void end(String pooler) throws Exception {
        Running ended = running.remove(pooler);
        ended.process().fence();
        dev.mooring.home.MooringHome.deleteTree(ended.process().folder().getParent());
        objects.of(TestObjects.PODS).withName(pooler + "-pod").delete();
    }

    /** Addresses of the pods that a cluster's rules speak of, by what they call them. */
    Map<String, List<String>> addresses(Map<String, Object> spec) {
        Map<String, List<String>> found = new TreeMap<>();
        for (Object reference : (List<?>) spec.getOrDefault("podSelectorRefs", List.of())) {
            Map<?, ?> selector = (Map<?, ?>) ((Map<?, ?>) reference).get("selector");
            TreeSet<String> addresses = new TreeSet<>();
            selected(selector)
                    .list()
                    .getItems()
                    .forEach(pod -> addresses.add(String.valueOf(
                            map(pod.getAdditionalProperties(), "status").get("podIP"))));
            found.put(((Map<?, ?>) reference).get("name").toString(), List.copyOf(addresses));
        }
        return found;
    }

    private FilterWatchListDeletable<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            selected(Map<?, ?> selector) {
        Map<String, String> labels = new TreeMap<>();
        if (selector.get("matchLabels") instanceof Map<?, ?> wanted) {
            wanted.forEach((key, value) -> labels.put(key.toString(), value.toString()));
        }
        FilterWatchListDeletable<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                selected = objects.of(TestObjects.PODS).withLabels(labels);
        if (selector.get("matchExpressions") instanceof List<?> expressions) {
            for (Object one : expressions) {
                Map<?, ?> expression = (Map<?, ?>) one;
                selected = selected.withLabelIn(
                        expression.get("key").toString(),
                        ((List<?>) expression.get("values"))
                                .stream().map(Object::toString).toArray(String[]::new));
            }
        }
        return selected;
    }

    private void pooler(GenericKubernetesResource pooler) throws Exception {
        String name = pooler.getMetadata().getName();
        if (failure != null) {
            objects.status(TestObjects.POOLERS, name, Map.of("phase", "failed", "phaseReason", failure));
            return;
        }
        objects.status(TestObjects.POOLERS, name, Map.of("phase", "active", "phaseReason", ""));
        Map<String, Object> spec = map(pooler.getAdditionalProperties(), "spec");
        long generation = pooler.getMetadata().getGeneration();
        String access = String.valueOf(
                map(map(map(spec, "template"), "metadata"), "annotations").get("mooring.dev/access"));
        Running before = running.get(name);
        if (before != null && slow.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            return;
        }
        if (before != null && !access.equals(before.access())) {
            // Another template: another pod.
            end(name);
            before = null;
        }
        if (before == null) {
            PgBouncerProcess process = new PgBouncerProcess(
                    PgBouncer.find().orElseThrow(() -> new IllegalStateException(PgBouncer.missing())),
                    TestGround.newFolder().resolve("pool"),
                    freePort(),
                    server.account());
            Handover.folder(process.folder(), server.account());
            write(process, spec);
            process.start();
            if (!process.awaitReady(Duration.ofSeconds(10))) {
                throw new IllegalStateException(process.startFailure()
                        + server.account().read(process.folder().resolve("pgbouncer.log"), 1 << 16));
            }
            running.put(name, new Running(process, generation, access));
        } else if (before.generation() != generation) {
            write(before.process(), spec);
            before.process().reload();
            running.put(name, new Running(before.process(), generation, access));
        }
        pod(map(spec, "cluster").get("name").toString(), name, access);
    }

    private void pod(String cluster, String pooler, String access) {
        objects.make(
                TestObjects.PODS,
                cluster,
                pooler + "-pod",
                Map.of("cnpg.io/podRole", "pooler", "cnpg.io/poolerName", pooler),
                Map.of(
                        "spec",
                        Map.of(
                                "containers",
                                List.of(Map.of(
                                        "name",
                                        "pgbouncer",
                                        "ports",
                                        List.of(Map.of("name", "pgbouncer", "containerPort", port(pooler))))))));
        objects.of(TestObjects.PODS).withName(pooler + "-pod").edit(pod -> {
            pod.getMetadata().setAnnotations(new TreeMap<>(Map.of("mooring.dev/access", access)));
            return pod;
        });
        objects.status(
                TestObjects.PODS,
                pooler + "-pod",
                Map.of(
                        "phase", "Running",
                        "podIP", "127.0.0.1",
                        "conditions", List.of(Map.of("type", "Ready", "status", "True"))));
    }

    private void write(PgBouncerProcess process, Map<String, Object> spec) throws Exception {
        Map<String, Object> pgbouncer = map(spec, "pgbouncer");
        Map<String, Object> parameters = new TreeMap<>(map(pgbouncer, "parameters"));
        parameters.merge("ignore_startup_parameters", "extra_float_digits,options", (own, more) -> own + "," + more);
        List<String> ini = new ArrayList<>(List.of(
                "[databases]",
                "* = host=127.0.0.1 port=" + server.port(),
                "[pgbouncer]",
                "pool_mode = " + pgbouncer.get("poolMode"),
                "auth_user = postgres",
                "auth_query = SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename=$1",
                "auth_dbname = postgres",
                "auth_type = hba",
                "auth_hba_file = hba.conf",
                "auth_file = users.txt",
                "admin_users = " + PgBouncerConsole.USER,
                "listen_addr = 127.0.0.1",
                "listen_port = " + process.port(),
                "unix_socket_dir = .",
                "logfile = pgbouncer.log",
                "client_tls_cert_file = server.pem",
                "client_tls_key_file = server.pem",
                "server_tls_sslmode = verify-ca",
                "server_tls_ca_file = ca.pem"));
        parameters.forEach((name, value) -> ini.add(name + " = " + value));
        List<String> hba = new ArrayList<>(List.of("local pgbouncer " + PgBouncerConsole.USER + " trust"));
        ((List<?>) pgbouncer.get("pg_hba")).forEach(line -> hba.add(line.toString()));
        hba.addAll(List.of("host all all 0.0.0.0/0 md5", "host all all ::/0 md5"));
        file(process, "hba.conf", String.join("\n", hba) + "\n");
        file(
                process,
                "users.txt",
                "\"postgres\" \"" + SharedServer.PASSWORD + "\"\n\"" + PgBouncerConsole.USER + "\" \"\"\n");
        file(process, "server.pem", server.certificate("pool"));
        file(process, "ca.pem", server.authority());
        file(process, PgBouncerProcess.SETTINGS, String.join("\n", ini) + "\n");
    }

    private void file(PgBouncerProcess process, String name, String text) throws Exception {
        Handover.file(process.folder().resolve(name), text, server.account());
    }

    private static int freePort() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Override
    public void close() throws Exception {
        for (String pooler : List.copyOf(running.keySet())) {
            end(pooler);
        }
    }
}
