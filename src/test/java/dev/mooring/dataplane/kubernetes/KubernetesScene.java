package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.home.Authorities;
import dev.mooring.operation.Step;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Json;
import dev.mooring.support.Program;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.quarkus.arc.All;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A Mooring whose clusters run on Kubernetes, with a real API server, an operator of the test's own and a real PostgreSQL. */
abstract class KubernetesScene {

    static final String SMALL = "db-s-1vcpu-1gb";
    static final String LARGE = "db-s-2vcpu-4gb";
    static final String OLDER = "ghcr.io/cloudnative-pg/postgresql:17.10-standard-trixie";
    static final String NEWEST = "ghcr.io/cloudnative-pg/postgresql:17.11-standard-trixie";

    private static final List<ResourceDefinitionContext> KINDS = List.of(
            TestObjects.CLUSTERS,
            TestObjects.ROLES,
            TestObjects.DATABASES,
            TestObjects.POOLERS,
            TestObjects.SECRETS,
            TestObjects.PODS,
            TestObjects.CLAIMS,
            TestObjects.JOBS,
            TestObjects.POLICIES,
            TestObjects.CONFIG_MAPS,
            TestObjects.BACKUPS,
            TestObjects.OBJECT_STORES,
            TestObjects.KAFKAS,
            TestObjects.KAFKA_POOLS,
            TestObjects.KAFKA_USERS);

    @All
    List<ChangeProgram<?, ?>> every;

    @Inject
    LocalClusters local;

    @Inject
    Authorities authorities;

    @Inject
    Pool metadata;

    protected SharedServer server;
    protected ScriptedOperator operator;

    @BeforeAll
    void begin() throws Exception {
        awaitKinds();
        server = new SharedServer(local.engines(), local.account(), authorities.clusters());
        operator = new ScriptedOperator(ApiServer.client(KubernetesGround.server.port()), server);
        try (var client = ApiServer.client(KubernetesGround.server.port())) {
            makeStorageThatGrows(client);
        }
    }

    static void makeStorageThatGrows(KubernetesClient client) {
        GenericKubernetesResource grows = new GenericKubernetesResource();
        grows.setApiVersion("storage.k8s.io/v1");
        grows.setKind("StorageClass");
        grows.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
                .withName("grows")
                .build());
        grows.setAdditionalProperties(Map.of("allowVolumeExpansion", true));
        client.genericKubernetesResources(TestObjects.STORAGE).resource(grows).createOr(there -> there.update());
    }

    /** An API server that has just begun knows some kinds a little later than others. */
    static void awaitKinds() {
        try (var client = ApiServer.client(KubernetesGround.server.port())) {
            TestObjects objects = new TestObjects(client);
            Awaitility.await("every kind is there")
                    .atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .until(() ->
                            KINDS.stream().allMatch(kind -> objects.of(kind).list() != null));
        }
    }

    @AfterAll
    void end() throws Exception {
        Throwable failure = operator.failure;
        operator.close();
        server.close();
        assertThat(failure).as("the operator's own failure").isNull();
    }

    /** Those of PostgreSQL on this plane that are wanted. */
    List<Program> programs(Predicate<ChangeProgram<?, ?>> wanted) {
        return every.stream()
                .filter(program -> program.plane().equals("kubernetes")
                        && program.engine().equals(PostgresEngine.ENGINE)
                        && wanted.test(program))
                .map(program -> new Program(
                        program.kind(),
                        program.plane(),
                        program.engine(),
                        List.<Step>of(program.steps().getEnumConstants()),
                        program.rollBack()))
                .toList();
    }

    /** Whether each was left, and so done twice. */
    static void everyStep(EveryStepTwice twice, List<Program> programs) throws SQLException {
        for (Program program : programs) {
            assertThat(twice.left(program))
                    .as(program.kind())
                    .containsExactlyElementsOf(program.steps().stream()
                            .filter(step -> step != program.rollBack())
                            .map(Step::name)
                            .toList());
        }
    }

    static String body(String name, int nodes) {
        return json("name", name, "engine", "pg", "version", "17", "size", SMALL, "num_nodes", nodes, "region", "nyc1");
    }

    static String json(Object... keysAndValues) {
        JsonObject json = new JsonObject();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            json.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return json.encode();
    }

    static Response accepted(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 299);
        return answer;
    }

    static TestCluster create(int nodes) {
        TestCluster cluster = TestCluster.of(accepted(Api.post("/v2/databases", body(Api.uniqueName(), nodes)))
                .jsonPath());
        cluster.awaitOnline();
        return cluster;
    }

    static JsonPath database(TestCluster cluster) {
        return Api.get(cluster.path("")).jsonPath().setRootPath("database");
    }

    static JsonPath last(TestCluster cluster, String kind) {
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .setRootPath("operations.find { it.kind == '" + kind + "' }");
    }

    static JsonPath ended(TestCluster cluster, String kind) {
        Awaitility.await(kind + " ends")
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Json.newest(cluster.id(), kind)
                        .filter(found -> found.path("state").asText().matches("done|failed|cancelled"))
                        .isPresent());
        return last(cluster, kind);
    }

    void destroy(TestCluster cluster) {
        delete(cluster);
        Awaitility.await("nothing is left")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(objects(cluster)).isEmpty());
    }

    static void delete(TestCluster cluster) {
        cluster.delete();
        Awaitility.await("the cluster is gone")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Api.get(cluster.path("")).statusCode() == 404
                        && Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                                .jsonPath()
                                .getList("operations.findAll { it.kind == 'destroy-cluster' }.state")
                                .equals(List.of("done")));
    }

    List<String> objects(TestCluster cluster) {
        String own = cluster.id().replace("-", "");
        List<String> found = new ArrayList<>();
        for (ResourceDefinitionContext kind : KINDS) {
            operator.objects().of(kind).list().getItems().stream()
                    .filter(object -> object.getMetadata().getName().contains(own))
                    .forEach(object -> found.add(
                            kind.getKind() + " " + object.getMetadata().getName()));
        }
        return found;
    }

    /** Makes a cluster one that was made before the newest minor version came; its window is days away. */
    void age(TestCluster cluster) {
        String name = "pg-" + cluster.id().replace("-", "");
        operator.objects().of(TestObjects.CLUSTERS).withName(name).edit(object -> {
            TestObjects.map(object.getAdditionalProperties(), "spec").put("imageName", OLDER);
            return object;
        });
        Awaitility.await("the servers run " + OLDER)
                .atMost(Duration.ofSeconds(20))
                .until(() -> Set.of(OLDER).equals(images(cluster)));
        awaitHealthy(cluster);
        execute(
                "update cluster set semantic_version = '17.10',"
                        + " maintenance_day = lower(to_char(now() + interval '3 days', 'FMday')) where id = $1",
                cluster);
    }

    /** What the pods of the servers run. */
    Set<String> images(TestCluster cluster) {
        return operator.rollout.pods("pg-" + cluster.id().replace("-", "")).stream()
                .map(ScriptedRollout::image)
                .collect(Collectors.toSet());
    }

    /** What the operator says of it. */
    Map<String, Object> state(TestCluster cluster) {
        return TestObjects.map(
                operator.objects()
                        .of(TestObjects.CLUSTERS)
                        .withName("pg-" + cluster.id().replace("-", ""))
                        .get()
                        .getAdditionalProperties(),
                "status");
    }

    /** @param statement about the cluster's id */
    void execute(String statement, TestCluster cluster) {
        metadata.preparedQuery(statement)
                .execute(Tuple.of(UUID.fromString(cluster.id())))
                .await()
                .atMost(Duration.ofSeconds(10));
    }

    void awaitHealthy(TestCluster cluster) {
        Awaitility.await("the operator is content")
                .atMost(Duration.ofSeconds(10))
                .until(() -> "Cluster in healthy state".equals(state(cluster).get("phase")));
    }

    static JsonPath cancel(TestCluster cluster, String kind) {
        accepted(Api.post("/mooring/v1/operations/" + last(cluster, kind).getString("id") + "/cancel", "{}"));
        JsonPath operation = ended(cluster, kind);
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("cancelled");
        return operation;
    }

    static void awaitWaiting(TestCluster cluster, String kind, String why) {
        Awaitility.await(kind + " waits: " + why)
                .atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(last(cluster, kind).getString("waiting_for"))
                        .contains(why));
    }

    static List<String> topology(TestCluster cluster) {
        return Api.get(own(cluster) + "/topology").jsonPath().getList("topology.nodes.name");
    }

    static String own(TestCluster cluster) {
        return "/mooring/v1/databases/" + cluster.id();
    }

    /** As the operator calls it. */
    static String instance(TestCluster cluster, int serial) {
        return "pg-" + cluster.id().replace("-", "") + "-" + serial;
    }

    static String password(TestCluster cluster, String user) {
        List<Map<String, String>> users =
                Api.get(cluster.path("/users")).jsonPath().getList("users");
        return users.stream()
                .filter(one -> one.get("name").equals(user))
                .findFirst()
                .orElseThrow()
                .get("password");
    }

    Connection connect(TestCluster cluster, String user, String database) throws SQLException {
        return server.open(database, user, password(cluster, user));
    }
}
