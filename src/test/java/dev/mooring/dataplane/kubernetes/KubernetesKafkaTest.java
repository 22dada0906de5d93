package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.KubernetesScene.accepted;
import static dev.mooring.dataplane.kubernetes.KubernetesScene.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.home.Authorities;
import dev.mooring.operation.Step;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import dev.mooring.support.kafka.KafkaCluster;
import io.quarkus.arc.All;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Kafka clusters on Kubernetes, with a scripted Strimzi and real brokers in the place of its pods. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesKafkaTest.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesKafkaTest {

    private static final String LARGER = "db-s-2vcpu-4gb";

    /** With a Strimzi that has two versions. */
    public static class Profile extends KubernetesGround.Profile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new TreeMap<>(super.getConfigOverrides());
            settings.put("mooring.kubernetes.kafka-versions", "4.3.1,4.4.0");
            return settings;
        }
    }

    @All
    List<ChangeProgram<?, ?>> every;

    @Inject
    Authorities authorities;

    private ScriptedStrimzi strimzi;

    @BeforeAll
    void begin() throws Exception {
        KubernetesScene.awaitKinds();
        strimzi = new ScriptedStrimzi(ApiServer.client(KubernetesGround.server.port()), authorities.clusters());
        try (var client = ApiServer.client(KubernetesGround.server.port())) {
            KubernetesScene.makeStorageThatGrows(client);
        }
    }

    @AfterAll
    void end() throws Exception {
        strimzi.close();
        assertThat(strimzi.failure).as("Strimzi's own failure").isNull();
    }

    @Test
    void aClusterLivesOnKubernetes() throws Exception {
        assertThat(Api.get("/v2/databases/options").jsonPath().getList("options.kafka.versions"))
                .containsExactly("4.3", "4.4");
        List<Program> programs = programs();
        try (EveryStepTwice twice = new EveryStepTwice(programs)) {
            strimzi.slow.set(3);
            KafkaCluster cluster = KafkaCluster.create(KafkaCluster.SMALLEST, 1, "4.3");
            theClusterSaysWhereItIs(cluster);
            usersMayDoWhatTheirRulesSay(cluster);
            theAdministratorIsNotThatOfTheBrokers(cluster);
            topicsAreWhereTheBrokersAre(cluster);
            sourcesAreTheListeners(cluster);
            settingsAreInForce(cluster);
            whatCannotBeIsRefusedWithTheReason(cluster);
            accepted(resize(cluster, KafkaCluster.SMALLEST, 1, 40960));
            cluster.api().awaitOnline();
            assertThat(KubernetesScene.ended(cluster.api(), "resize-cluster").getString("state"))
                    .isEqualTo("done");
            whatSomebodyDeletesComesBack(cluster);
            versionsAreUpdatedAndUpgraded(cluster);
            destroy(cluster.api());
            for (Program program : programs) {
                assertThat(twice.left(program))
                        .as(program.kind())
                        .containsAll(program.steps().stream()
                                .filter(step -> step != program.rollBack())
                                .map(Step::name)
                                .toList());
            }
        }
    }

    @Test
    void threeBrokersGetAnotherSizeAndAnotherClusterHasTheSameUsers() throws Exception {
        KafkaCluster three = KafkaCluster.create(LARGER, 3);
        KafkaCluster other = KafkaCluster.create(KafkaCluster.SMALLEST, 1);
        accepted(
                Api.post(three.path("/topics"), json("name", "spread", "partition_count", 3, "replication_factor", 3)));
        JsonPath topic = Api.get(three.path("/topics/spread")).jsonPath();
        assertThat(topic.getInt("topic.replication_factor")).isEqualTo(3);
        accepted(resize(three, "gd-2vcpu-8gb", 3, 0));
        three.api().awaitOnline();
        assertThat(KubernetesScene.ended(three.api(), "resize-cluster").getString("state"))
                .isEqualTo("done");
        KafkaCluster.send(settings(three, "doadmin", three.api().password()), "spread", "still there");
        assertThat(other.api().password()).isNotEqualTo(three.api().password());
        destroy(other.api());
        KafkaCluster.send(settings(three, "doadmin", three.api().password()), "spread", "and still");
        destroy(three.api());
    }

    private void theClusterSaysWhereItIs(KafkaCluster cluster) throws Exception {
        JsonPath database = Api.get(cluster.path("")).jsonPath().setRootPath("database");
        assertThat(database.getString("semantic_version")).isEqualTo("4.3.1");
        assertThat(database.getString("connection.host"))
                .isEqualTo(name(cluster) + "-kafka-bootstrap." + ApiServer.NAMESPACE + ".svc");
        assertThat(database.getInt("connection.port")).isEqualTo(9093);
        assertThat(database.getString("connection.user")).isEqualTo("doadmin");
        assertThat(cluster.ca()).isEqualTo(authorities.clusters().bundle());
        try (Admin admin =
                Admin.create(settings(cluster, "doadmin", cluster.api().password()))) {
            assertThat(admin.describeCluster().nodes().get()).hasSize(1);
        }
    }

    private void usersMayDoWhatTheirRulesSay(KafkaCluster cluster) throws Exception {
        // Names that no object could have.
        String name = "Billing_1";
        accepted(Api.post(cluster.path("/topics"), json("name", "metrics.cpu")));
        accepted(Api.post(cluster.path("/topics"), json("name", "closed")));
        Response made = accepted(Api.post(cluster.path("/users"), """
                {"name": "%s", "settings": {"acl": [{"topic": "metrics*", "permission": "produceconsume"}]}}""".formatted(name)));
        Properties user = settings(cluster, name, made.jsonPath().getString("user.password"));
        KafkaCluster.send(user, "metrics.cpu", "42");
        assertThat(KafkaCluster.read(user, "readers", "metrics.cpu", 1)).containsExactly("42");
        assertThatThrownBy(() -> KafkaCluster.send(user, "closed", "42"))
                .isInstanceOf(TopicAuthorizationException.class);
        assertThat(Api.get(cluster.path("/users")).jsonPath().getList("users.name", String.class))
                .containsExactlyInAnyOrder("doadmin", name);

        Response reset = accepted(Api.post(cluster.path("/users/" + name + "/reset_auth"), "{}"));
        assertThatThrownBy(() -> KafkaCluster.send(user, "metrics.cpu", "43"))
                .isInstanceOf(SaslAuthenticationException.class);
        Properties again = settings(cluster, name, reset.jsonPath().getString("user.password"));
        KafkaCluster.send(again, "metrics.cpu", "43");
        accepted(Api.put(
                cluster.path("/users/" + name),
                "{\"settings\": {\"acl\": [{\"topic\": \"closed\", \"permission\": \"produce\"}]}}"));
        KafkaCluster.send(again, "closed", "44");
        accepted(Api.delete(cluster.path("/users/" + name)));
        assertThatThrownBy(() -> KafkaCluster.send(again, "closed", "45"))
                .isInstanceOf(SaslAuthenticationException.class);
    }

    private void theAdministratorIsNotThatOfTheBrokers(KafkaCluster cluster) {
        try (Admin admin =
                Admin.create(settings(cluster, "doadmin", cluster.api().password()))) {
            ConfigResource every = new ConfigResource(ConfigResource.Type.BROKER, "");
            AlterConfigOp set =
                    new AlterConfigOp(new ConfigEntry("log.retention.ms", "1000"), AlterConfigOp.OpType.SET);
            assertThatThrownBy(() -> admin.incrementalAlterConfigs(Map.of(every, List.of(set)))
                            .all()
                            .get())
                    .hasCauseInstanceOf(ClusterAuthorizationException.class);
            AclBinding rule = new AclBinding(
                    new ResourcePattern(ResourceType.CLUSTER, Resource.CLUSTER_NAME, PatternType.LITERAL),
                    new AccessControlEntry("User:doadmin", "*", AclOperation.ALL, AclPermissionType.ALLOW));
            assertThatThrownBy(() -> admin.createAcls(List.of(rule)).all().get())
                    .hasCauseInstanceOf(ClusterAuthorizationException.class);
        }
    }

    private void topicsAreWhereTheBrokersAre(KafkaCluster cluster) throws Exception {
        Response made = accepted(Api.post(
                cluster.path("/topics"), json("name", "Orders_1", "partition_count", 2, "replication_factor", 2)));
        assertThat(made.jsonPath().getInt("topic.replication_factor")).isEqualTo(1);
        Properties admin = settings(cluster, "doadmin", cluster.api().password());
        KafkaCluster.send(admin, "Orders_1", "one", "two");
        assertThat(KafkaCluster.read(admin, "billing", "Orders_1", 2)).containsExactlyInAnyOrder("one", "two");
        JsonPath read = Api.get(cluster.path("/topics/Orders_1")).jsonPath();
        assertThat(read.getList("topic.partitions.in_sync_replicas")).containsExactly(1, 1);
        assertThat(read.getList("topic.partitions.consumer_groups.name.flatten()", String.class))
                .contains("billing");
        Response grown = accepted(Api.put(
                cluster.path("/topics/Orders_1"),
                "{\"partition_count\": 4, \"config\": {\"retention_ms\": 86400000}}"));
        assertThat(grown.jsonPath().getList("topic.partitions")).hasSize(4);
        assertThat(grown.jsonPath().getLong("topic.config.retention_ms")).isEqualTo(86_400_000);
        try (Admin client = Admin.create(admin)) {
            client.createTopics(List.of(new NewTopic("made-by-a-client", 1, (short) 1)))
                    .all()
                    .get();
        }
        assertThat(Api.get(cluster.path("/topics")).jsonPath().getList("topics.name", String.class))
                .contains("Orders_1", "made-by-a-client");
        assertThat(Api.post(cluster.path("/topics"), json("name", "Orders_1")).statusCode())
                .isEqualTo(422);
        accepted(Api.delete(cluster.path("/topics/Orders_1")));
        assertThat(Api.get(cluster.path("/topics/Orders_1")).statusCode()).isEqualTo(404);
    }

    private void sourcesAreTheListeners(KafkaCluster cluster) {
        assertThat(strimzi.peers(name(cluster), 9093)).as("everybody").isNull();
        accepted(Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.0/24\"}]}"));
        assertThat(strimzi.peers(name(cluster), 9093).toString()).isEqualTo("[{ipBlock={cidr=192.0.2.0/24}}]");
        assertThat(strimzi.peers(name(cluster), 9094).toString())
                .contains("kubernetes.io/metadata.name=mooring", "app.kubernetes.io/name=mooring");
        accepted(Api.put(cluster.path("/firewall"), "{\"rules\":[]}"));
        assertThat(strimzi.peers(name(cluster), 9093)).isNull();
    }

    private void settingsAreInForce(KafkaCluster cluster) {
        int before = strimzi.starts.get();
        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"log_retention_hours\":24,\"num_partitions\":3}}"));
        assertThat(strimzi.starts).as("brokers are started again").hasValue(before + 1);
        JsonPath config = Api.get(cluster.path("/config")).jsonPath();
        assertThat(config.getInt("config.log_retention_hours")).isEqualTo(24);
        assertThat(config.getInt("config.num_partitions")).isEqualTo(3);
        // Told by the brokers, not by what was asked for.
        assertThat(config.getInt("config.message_max_bytes")).isEqualTo(1_048_588);

        strimzi.refusal = "the pod security does not allow it";
        Response refused = Api.patch(cluster.path("/config"), "{\"config\":{\"num_partitions\":5}}");
        strimzi.refusal = null;
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.asString()).contains("InvalidResourceException", "the pod security does not allow it");
        Awaitility.await("what was in force is again")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(
                                Api.get(cluster.path("/config")).jsonPath().getInt("config.num_partitions"))
                        .isEqualTo(3));
    }

    private void whatCannotBeIsRefusedWithTheReason(KafkaCluster cluster) {
        Response more = resize(cluster, LARGER, 3, 0);
        assertThat(more.statusCode()).as(more.asString()).isEqualTo(422);
        assertThat(more.asString()).contains("a cluster of 1 brokers does not become one of 3");
        cluster.api().awaitOnline();
        Response old = Api.post(
                "/v2/databases",
                json(
                        "name",
                        Api.uniqueName(),
                        "engine",
                        "kafka",
                        "version",
                        "4.2",
                        "size",
                        LARGER,
                        "num_nodes",
                        3,
                        "region",
                        "nyc1"));
        assertThat(old.statusCode()).as(old.asString()).isEqualTo(422);
    }

    private void whatSomebodyDeletesComesBack(KafkaCluster cluster) throws Exception {
        strimzi.objects()
                .of(TestObjects.KAFKA_USERS)
                .withName(name(cluster) + "-control")
                .delete();
        strimzi.objects().of(TestObjects.KAFKAS).withName(name(cluster)).edit(kafka -> {
            TestObjects.map(TestObjects.map(kafka.getAdditionalProperties(), "spec"), "kafka")
                    .remove("authorization");
            TestObjects.map(TestObjects.map(kafka.getAdditionalProperties(), "spec"), "kafka")
                    .put("authorization", Map.of("type", "simple", "superUsers", List.of("somebody")));
            return kafka;
        });
        accepted(Api.post(cluster.path("/users"), json("name", "late")));
        try (Admin admin =
                Admin.create(settings(cluster, "doadmin", cluster.api().password()))) {
            assertThat(admin.listTopics().names().get()).contains("made-by-a-client");
        }
    }

    private void versionsAreUpdatedAndUpgraded(KafkaCluster cluster) throws Exception {
        strimzi.objects().of(TestObjects.KAFKAS).withName(name(cluster)).edit(kafka -> {
            TestObjects.map(TestObjects.map(kafka.getAdditionalProperties(), "spec"), "kafka")
                    .put("version", "4.3.0");
            return kafka;
        });
        Awaitility.await("an older version runs")
                .atMost(Duration.ofSeconds(60))
                .until(() -> "4.3.0"
                        .equals(TestObjects.map(
                                        strimzi.objects()
                                                .of(TestObjects.KAFKAS)
                                                .withName(name(cluster))
                                                .get()
                                                .getAdditionalProperties(),
                                        "status")
                                .get("kafkaVersion")));
        accepted(Api.put(cluster.path("/install_update"), "{}"));
        assertThat(KubernetesScene.ended(cluster.api(), "install-update").getString("state"))
                .isEqualTo("done");
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.semantic_version"))
                .isEqualTo("4.3.1");
        accepted(Api.put(cluster.path("/upgrade"), "{\"version\": \"4.4\"}"));
        JsonPath upgrade = KubernetesScene.ended(cluster.api(), "upgrade-cluster");
        assertThat(upgrade.getString("state")).as(upgrade.prettify()).isEqualTo("done");
        cluster.api().awaitOnline();
        JsonPath database = Api.get(cluster.path("")).jsonPath().setRootPath("database");
        assertThat(database.getString("version")).isEqualTo("4.4");
        assertThat(database.getString("semantic_version")).isEqualTo("4.4.0");
        try (Admin admin =
                Admin.create(settings(cluster, "doadmin", cluster.api().password()))) {
            assertThat(admin.listTopics().names().get()).contains("made-by-a-client");
        }
    }

    private static Response resize(KafkaCluster cluster, String size, int nodes, int storageMib) {
        return Api.put(cluster.path("/resize"), json("size", size, "num_nodes", nodes, "storage_size_mib", storageMib));
    }

    private void destroy(TestCluster cluster) {
        KubernetesScene.delete(cluster);
        Awaitility.await("nothing is left")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(objects(cluster)).isEmpty());
    }

    private List<String> objects(TestCluster cluster) {
        List<String> found = new ArrayList<>();
        for (var kind : List.of(
                TestObjects.KAFKAS,
                TestObjects.KAFKA_POOLS,
                TestObjects.KAFKA_USERS,
                TestObjects.SECRETS,
                TestObjects.CONFIG_MAPS,
                TestObjects.PODS,
                TestObjects.CLAIMS,
                TestObjects.POLICIES)) {
            strimzi.objects().of(kind).list().getItems().stream()
                    .filter(object -> object.toString().contains(cluster.id())
                            || object.toString().contains(cluster.id().replace("-", "")))
                    .forEach(object -> found.add(
                            kind.getKind() + " " + object.getMetadata().getName()));
        }
        return found;
    }

    private List<Program> programs() {
        return every.stream()
                .filter(program ->
                        program.plane().equals("kubernetes") && program.engine().equals(KafkaEngine.ENGINE))
                .map(program -> new Program(
                        program.kind(),
                        program.plane(),
                        program.engine(),
                        List.<Step>of(program.steps().getEnumConstants()),
                        program.rollBack()))
                .toList();
    }

    private Properties settings(KafkaCluster cluster, String user, String password) {
        Properties settings = cluster.settings(user, password, "SCRAM-SHA-512");
        settings.put("bootstrap.servers", strimzi.brokers(name(cluster)).clients());
        return settings;
    }

    private static String name(KafkaCluster cluster) {
        return "kf-" + cluster.api().id().replace("-", "");
    }
}
