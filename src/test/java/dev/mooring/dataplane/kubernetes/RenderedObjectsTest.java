package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.BucketArchive.Bucket;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.client.PostgresImages;
import dev.mooring.dataplane.kubernetes.kafka.KafkaObjects;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.ArchiveObjects;
import dev.mooring.dataplane.kubernetes.object.ClusterObject;
import dev.mooring.dataplane.kubernetes.object.MemberObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.PoolObjects;
import dev.mooring.dataplane.kubernetes.object.ReplicaObjects;
import dev.mooring.engine.Plan;
import dev.mooring.operation.OperationFailed;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Every object that is made of a spec is taken by a real API server that knows the kinds and takes no field that it does not know. */
@Tag("once")
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class RenderedObjectsTest {

    private static ApiServer server;
    private static KubernetesClient client;
    private static KubeObjects objects;

    @BeforeAll
    static void start() throws Exception {
        server = ApiServer.start();
        client = ApiServer.client(server.port());
        objects = new KubeObjects(() -> client, ApiServer.NAMESPACE);
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            client.close();
            server.close();
        }
    }

    private static ClusterSpec.User user(String name, boolean primary, String actsFor) {
        return new ClusterSpec.User(name, primary, !primary, "sealed", 1, false, actsFor, List.of(), null);
    }

    private static final UUID APP = UUID.randomUUID();

    static ClusterSpec spec(int nodes, List<String> sources, List<String> hostNames, Map<String, String> owners) {
        return new ClusterSpec(
                UUID.randomUUID(),
                "pg",
                "17",
                nodes == 1 ? Plan.DEV.withStorage(1024) : new Plan("any", 2, 4096, 61440).withStorage(61440),
                nodes,
                new Endpoints(List.of(new Endpoints.Endpoint(Endpoints.Role.PRIMARY, "host", 5432))),
                hostNames,
                7,
                "sealed",
                List.of(user("doadmin", true, null), user("app", false, null), user("O'Brien-1.x", false, "app")),
                List.of(),
                List.of("defaultdb", "App.db-1"),
                owners,
                List.of(),
                sources,
                sources == null ? null : new ClusterSpec.TrustedApps(List.of(APP), List.of("10.244.0.0/16")),
                Map.of("work_mem", "64MB", "mooring.synchronous_replication", "quorum"),
                new ClusterSpec.Archive(24, false, false),
                null,
                null,
                null,
                null,
                List.of(
                        new ClusterSpec.Pool("own", ClusterSpec.PoolMode.SESSION, 3, "App.db-1", "app"),
                        new ClusterSpec.Pool("all", ClusterSpec.PoolMode.TRANSACTION, 20, "defaultdb", null)),
                Map.of("server_lifetime", "120", "ignore_startup_parameters", "search_path"));
    }

    static List<KubeObject> all(ClusterSpec spec) {
        List<KubeObject> all = new ArrayList<>();
        all.add(ClusterObject.of(
                spec,
                new ClusterObject.Kept("registry.example.com/postgresql:17.11", "fast", 0, null, null, null),
                ApiServer.NAMESPACE));
        all.addAll(archive(spec));
        all.addAll(replicas(spec));
        all.add(AccessObjects.policy(spec, "cnpg-system", "mooring", "mooring-apps"));
        all.add(MemberObjects.owner(spec.id()));
        all.add(MemberObjects.control(spec.id(), List.of("doadmin", "app")));
        all.add(MemberObjects.shutOut(spec.id(), "gone"));
        for (ClusterSpec.User user : spec.users()) {
            all.add(MemberObjects.secret(spec.id(), user.name(), "password"));
            all.add(MemberObjects.user(spec, user, true));
        }
        spec.databases().forEach(database -> all.add(MemberObjects.database(spec, database)));
        spec.pools().forEach(pool -> all.add(PoolObjects.of(spec, pool)));
        KafkaObjects.Kept kafka = new KafkaObjects.Kept(
                "4.3.0", spec.nodes() == 1 ? null : "4.2-IV1", spec.nodes() == 1 ? null : "fast", 0);
        all.add(KafkaObjects.login(spec.id(), "password"));
        all.add(KafkaObjects.pool(spec, kafka));
        all.add(KafkaObjects.kafka(spec, kafka, "mooring", "mooring-apps"));
        all.add(KafkaObjects.control(spec.id()));
        return all;
    }

    /** Of a cluster that was made of another one's archive, and has one itself; beside the others. */
    private static List<KubeObject> archive(ClusterSpec spec) {
        ClusterSpec copy = spec.withId(new UUID(spec.id().getMostSignificantBits(), 1));
        Bucket bucket = new Bucket("s3://any/folder/cloudnativepg", "http://s3.example.com", "any", "key", "secret");
        return List.of(
                ArchiveObjects.secret(copy.id(), Names.archive(copy.id()), bucket),
                ArchiveObjects.store(copy.id(), Names.archive(copy.id()), bucket.path(), bucket.endpoint(), 1),
                ArchiveObjects.store(copy.id(), Names.origin(copy.id()), bucket.path(), null, null),
                ArchiveObjects.backup(copy.id(), spec.id()),
                MemberObjects.locked(copy.id(), "who was"),
                ClusterObject.of(
                        copy,
                        new ClusterObject.Kept(
                                "registry.example.com/postgresql:17.11",
                                null,
                                0,
                                Names.archivedServer(copy.id(), "17"),
                                new ArchiveObjects.Recovered(
                                        Names.origin(copy.id()),
                                        Names.archivedServer(spec.id()),
                                        spec.sources() == null ? null : "2030-01-31T12:00:00Z"),
                                null),
                        ApiServer.NAMESPACE));
    }

    /** A read-only node of it, one that was one, and what lets them come. */
    private static List<KubeObject> replicas(ClusterSpec spec) {
        List<KubeObject> all = new ArrayList<>();
        for (boolean follows : new boolean[] {true, false}) {
            ClusterSpec node = spec.withId(new UUID(spec.id().getMostSignificantBits(), follows ? 2 : 3))
                    .withNodes(1)
                    .withFollows(follows ? spec.id() : null);
            all.add(ReplicaObjects.way(node.id(), spec.id()));
            all.add(ClusterObject.of(
                    node,
                    new ClusterObject.Kept(
                            "registry.example.com/postgresql:17.11",
                            null,
                            0,
                            follows ? null : Names.archivedServer(node.id()),
                            null,
                            new ReplicaObjects.Copied(
                                    Names.cluster(spec.id()),
                                    follows ? spec.id().toString() : Names.FOLLOWS_NONE,
                                    new ArchiveObjects.Recovered(
                                            Names.origin(node.id()), Names.archivedServer(spec.id()), null))),
                    ApiServer.NAMESPACE));
        }
        return all;
    }

    @Test
    void everyObjectIsTakenAndTakenAgainWithoutAChange() {
        for (int nodes = 1; nodes <= 3; nodes++) {
            for (List<String> sources :
                    new ArrayList<>(List.of(List.of("192.0.2.0/24", "198.51.100.7/32"), List.<String>of()))) {
                everyObject(spec(nodes, sources, List.of("db.example.com"), Map.of("App.db-1", "app")));
            }
            everyObject(spec(nodes, null, List.of(), Map.of()));
        }
    }

    private static void everyObject(ClusterSpec spec) {
        Map<String, String> versions = new HashMap<>();
        for (KubeObject object : all(spec)) {
            Live live = objects.apply(object);
            versions.put(object.kind() + object.name(), live.resourceVersion());
        }
        for (KubeObject object : all(spec)) {
            assertThat(objects.apply(object).resourceVersion())
                    .as(object.name())
                    .isEqualTo(versions.get(object.kind() + object.name()));
        }
        assertThat(objects.list(Kind.ROLE, Names.labels(spec.id()))).hasSize(6);
    }

    @Test
    void whatOthersHaveMadeOfItsFieldsIsPutRight() {
        ClusterSpec spec = spec(3, null, List.of(), Map.of());
        KubeObject cluster = ClusterObject.of(
                spec,
                new ClusterObject.Kept("registry.example.com/postgresql:17.11", null, 0, null, null, null),
                ApiServer.NAMESPACE);
        objects.apply(cluster);
        new KubeObjects(() -> client, ApiServer.NAMESPACE).apply(cluster);
        client.genericKubernetesResources(TestObjects.CLUSTERS)
                .inNamespace(ApiServer.NAMESPACE)
                .withName(cluster.name())
                .edit(live -> {
                    TestObjects.map(live.getAdditionalProperties(), "spec").put("instances", 1);
                    return live;
                });
        assertThat(objects.find(Kind.CLUSTER, cluster.name()).orElseThrow().number("spec", "instances"))
                .isEqualTo(1);
        objects.apply(cluster);
        assertThat(objects.find(Kind.CLUSTER, cluster.name()).orElseThrow().number("spec", "instances"))
                .isEqualTo(3);
    }

    @Test
    void whatTheKindDoesNotHaveIsRefusedByName() {
        KubeObject wrong = new KubeObject(
                Kind.DATABASE,
                "wrong",
                Map.of(),
                Map.of("spec", Map.of("cluster", Map.of("name", "c"), "name", "d", "owner", "o", "ownr", "x")));
        assertThatThrownBy(() -> objects.apply(wrong))
                .isInstanceOf(OperationFailed.class)
                .hasMessageContaining("ownr");
        KubeObject invalid = new KubeObject(
                Kind.DATABASE,
                "invalid",
                Map.of(),
                Map.of("spec", Map.of("cluster", Map.of("name", "c"), "name", "postgres", "owner", "o")));
        assertThatThrownBy(() -> objects.apply(invalid))
                .isInstanceOf(OperationFailed.class)
                .hasMessageContaining("postgres");
    }

    @Test
    void aServerThatIsAwayIsNoRefusal() {
        try (KubernetesClient nowhere = ApiServer.client(1)) {
            KubeObjects away = new KubeObjects(() -> nowhere, ApiServer.NAMESPACE);
            assertThatThrownBy(() -> away.find(Kind.CLUSTER, "any")).isInstanceOf(Away.class);
        }
    }

    @Test
    void aLineOfAccessRulesIsMadeOfNetworksAlone() {
        assertThatThrownBy(() -> AccessObjects.hba(List.of("0.0.0.0/0 trust\nhost all all all trust"), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(AccessObjects.hba(List.of(), List.of())).last().isEqualTo("host replication all all reject");
        assertThat(AccessObjects.hba(List.of("192.0.2.0/24"), List.of()))
                .contains("hostssl all all 192.0.2.0/24 scram-sha-256", "host all all all reject");
    }

    @Test
    void whereAppsComeFromOnOneMachineIsNobodyHere() {
        ClusterSpec spec = spec(1, List.of("192.0.2.0/24"), List.of(), Map.of());
        assertThat(AccessObjects.networks(spec)).containsExactly("192.0.2.0/24", "10.244.0.0/16");
        ClusterSpec usual = spec.withApps(new ClusterSpec.TrustedApps(List.of(APP), List.of("127.0.0.1/32")));
        assertThat(AccessObjects.networks(usual)).containsExactly("192.0.2.0/24");
        assertThat(AccessObjects.networks(usual.withSources(List.of("127.0.0.1/32"))))
                .as("that was asked for")
                .containsExactly("127.0.0.1/32");
    }

    @Test
    void aPoolLetsInWhomItIsForAndNobodyElse() {
        ClusterSpec spec = spec(1, List.of("192.0.2.0/24"), List.of(), Map.of());
        assertThat(rules(spec, 0))
                .containsExactly(
                        "hostssl \"mooring_revision_7\" \"mooring_control\" 0.0.0.0/0 scram-sha-256",
                        "hostssl \"mooring_revision_7\" \"mooring_control\" ::/0 scram-sha-256",
                        "host all mooring_control,mooring_owner 0.0.0.0/0 reject",
                        "host all mooring_control,mooring_owner ::/0 reject",
                        "hostssl \"App.db-1\" \"app\" 192.0.2.0/24 scram-sha-256",
                        "hostssl \"App.db-1\" \"app\" 10.244.0.0/16 scram-sha-256",
                        "host all all 0.0.0.0/0 reject",
                        "host all all ::/0 reject");
        assertThat(rules(spec(1, List.of(), List.of(), Map.of()).withApps(null), 1))
                .noneMatch(line -> line.contains("defaultdb"));
        assertThat(rules(spec(1, null, List.of(), Map.of()), 1))
                .contains("hostssl \"defaultdb\" all 0.0.0.0/0 scram-sha-256");
        for (String wrong : List.of("a\" all 0.0.0.0/0 trust\n", "@/etc/passwd", "pgbouncer", "a,b", "")) {
            ClusterSpec.Pool pool = new ClusterSpec.Pool("any", ClusterSpec.PoolMode.SESSION, 1, wrong, null);
            assertThatThrownBy(() -> PoolObjects.of(spec, pool)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static List<String> rules(ClusterSpec spec, int pool) {
        Map<?, ?> body =
                (Map<?, ?>) PoolObjects.of(spec, spec.pools().get(pool)).body().get("spec");
        return ((List<?>) ((Map<?, ?>) body.get("pgbouncer")).get("pg_hba"))
                .stream().map(Object::toString).toList();
    }

    @Test
    void anImageSaysItsVersion() {
        assertThat(new PostgresImages(List.of("17.11=registry.example.com/pg:17.11@sha256:00")).versions())
                .containsEntry("17", "17.11");
        PostgresImages.Release release = new PostgresImages(List.of("17.11=pg:17.11")).of("17");
        assertThat(List.of("17.10", "17.9", "17beta1")).allMatch(release::newerThan);
        assertThat(List.of("17.11", "17.12", "17.101")).noneMatch(release::newerThan);
        for (String wrong : List.of("17=pg:17", "13.2=pg:13.2", "17.1=pg:16.1", "17.1=pg", "17.1=p g:17.1")) {
            assertThatThrownBy(() -> new PostgresImages(List.of(wrong))).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
