package dev.mooring.database.topic;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.app.AppApi;
import dev.mooring.console.Browser;
import dev.mooring.home.Authorities;
import dev.mooring.home.ClientCertificate;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import dev.mooring.support.kafka.KafkaCluster;
import dev.mooring.support.kafka.KafkaTool;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** A Kafka cluster of one broker: what DigitalOcean's API says of it, and what Kafka's own client finds there. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KafkaTest {

    private static final int LAST = Integer.MAX_VALUE;

    private KafkaCluster kafka;

    /** One for all of them: a broker takes seconds to start. */
    @BeforeEach
    void create() {
        if (kafka == null) {
            // As Terraform asks for one: three nodes, whatever the size. It has one broker.
            kafka = KafkaCluster.create(KafkaCluster.SMALLEST, 3);
        }
    }

    @Test
    @Order(LAST)
    void nothingIsLeftOfADeletedOne() {
        kafka.api().delete();
        assertThat(Api.get(kafka.path("")).statusCode()).isEqualTo(404);
        Awaitility.await("the broker has gone").atMost(Duration.ofMinutes(1)).until(() -> !listens());
    }

    private boolean listens() {
        try (Socket socket = new Socket(kafka.api().host(), kafka.api().port())) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    private JsonPath topic(String name, String more) {
        Response created = Api.post(kafka.path("/topics"), "{\"name\": \"%s\"%s}".formatted(name, more));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return created.jsonPath();
    }

    private Properties user(String name, String acl) {
        Response created = Api.post(
                kafka.path("/users"), "{\"name\": \"%s\", \"settings\": {\"acl\": [%s]}}".formatted(name, acl));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return kafka.settings(name, created.jsonPath().getString("user.password"), "SCRAM-SHA-512");
    }

    @Test
    void theClusterSaysWhereItIsAndWhatItHas() {
        JsonPath cluster = Api.get(kafka.path("")).jsonPath();
        assertThat(cluster.getString("database.engine")).isEqualTo("kafka");
        assertThat(cluster.getString("database.version")).isEqualTo("4.4");
        assertThat(cluster.getString("database.semantic_version")).startsWith("4.4.");
        assertThat(cluster.getString("database.connection.uri"))
                .isEqualTo(kafka.api().host() + ":" + kafka.api().port());
        assertThat(cluster.getString("database.connection.user")).isEqualTo("doadmin");
        assertThat(cluster.getBoolean("database.connection.ssl")).isTrue();
        assertThat(cluster.getList("database.db_names")).isEmpty();
        assertThat(cluster.getList("database.users.name")).contains("doadmin");
        assertThat(Api.get("/v2/databases/options").jsonPath().getList("options.kafka.versions"))
                .containsExactly("4.3", "4.4");
    }

    @Test
    void aTopicIsMadeWrittenReadGrownAndDeleted() throws Exception {
        // As doctl asks for one: two copies, whatever there is.
        JsonPath made = topic(
                "orders",
                ", \"partition_count\": 2, \"replication_factor\": 2,"
                        + " \"config\": {\"cleanup_policy\": \"delete\", \"compression_type\": \"producer\"}");
        assertThat(made.getInt("topic.replication_factor")).isEqualTo(1);
        assertThat(made.getString("topic.state")).isEqualTo("active");
        assertThat(made.getList("topic.partitions.id")).containsExactly(0, 1);
        assertThat(made.getString("topic.config.message_format_version")).isEqualTo("3.0-IV1");
        assertThat(Api.post(kafka.path("/topics"), "{\"name\": \"orders\"}").statusCode())
                .isEqualTo(422);

        KafkaCluster.send(kafka.settings(), "orders", "one", "two", "three");
        Properties other = kafka.settings("doadmin", kafka.api().password(), "SCRAM-SHA-512");
        assertThat(KafkaCluster.read(other, "billing", "orders", 3)).containsExactlyInAnyOrder("one", "two", "three");
        JsonPath read = Api.get(kafka.path("/topics/orders")).jsonPath();
        assertThat(read.getList("topic.partitions.consumer_groups.name.flatten()", String.class))
                .contains("billing");
        assertThat(read.getList("topic.partitions.consumer_groups.offset.flatten()", Integer.class).stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(3);
        assertThat(read.getList("topic.partitions.in_sync_replicas")).containsExactly(1, 1);

        Response grown = Api.put(
                kafka.path("/topics/orders"),
                "{\"partition_count\": 4, \"config\": {\"retention_ms\": 86400000, \"flush_ms\": 9223372036854776000,"
                        + " \"compression_type\": \"Iz4\"}}");
        assertThat(grown.statusCode()).as(grown.asString()).isEqualTo(200);
        assertThat(grown.jsonPath().getList("topic.partitions")).hasSize(4);
        assertThat(grown.jsonPath().getLong("topic.config.retention_ms")).isEqualTo(86_400_000);
        assertThat(grown.jsonPath().getLong("topic.config.flush_ms")).isEqualTo(Long.MAX_VALUE);
        assertThat(grown.jsonPath().getString("topic.config.compression_type")).isEqualTo("lz4");
        // doctl asks for one partition when it is told of none.
        assertThat(Api.put(kafka.path("/topics/orders"), "{\"partition_count\": 1}")
                        .jsonPath()
                        .getList("topic.partitions"))
                .hasSize(4);
        Response refused = Api.put(kafka.path("/topics/orders"), "{\"config\": {\"retention_ms\": \"long\"}}");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("invalid input for config 'retention_ms'");

        assertThat(Api.get(kafka.path("/topics")).jsonPath().getList("topics.name", String.class))
                .contains("orders")
                .noneMatch(name -> name.startsWith("__"));
        assertThat(Api.delete(kafka.path("/topics/orders")).statusCode()).isEqualTo(204);
        assertThat(Api.get(kafka.path("/topics/orders")).statusCode()).isEqualTo(404);
        assertThat(Api.delete(kafka.path("/topics/orders")).statusCode()).isEqualTo(404);
    }

    @Test
    void aUserMayDoWhatItsRulesSayAndNothingElse() throws Exception {
        topic("metrics-cpu", "");
        topic("secret", "");
        Properties writer = user("writer", "{\"topic\": \"metrics-*\", \"permission\": \"produce\"}");
        KafkaCluster.send(writer, "metrics-cpu", "42");
        assertThatThrownBy(() -> KafkaCluster.send(writer, "secret", "42"))
                .isInstanceOf(TopicAuthorizationException.class);
        assertThatThrownBy(() -> KafkaCluster.read(writer, "spies", "metrics-cpu", 1))
                .isInstanceOfAny(TopicAuthorizationException.class, GroupAuthorizationException.class);
        Properties nobody = user("nobody", "");
        assertThatThrownBy(() -> KafkaCluster.send(nobody, "metrics-cpu", "42"))
                .isInstanceOf(TopicAuthorizationException.class);

        JsonPath before = Api.get(kafka.path("/users/writer")).jsonPath();
        Response changed = Api.put(kafka.path("/users/writer"), """
                {"settings": {"acl": [{"topic": "secret", "permission": "produceconsume"},
                 {"topic": "metrics-*", "permission": "produce"}]}}""");
        assertThat(changed.statusCode()).as(changed.asString()).isEqualTo(201);
        assertThat(changed.jsonPath().getList("user.settings.acl.topic")).containsExactly("secret", "metrics-*");
        assertThat(changed.jsonPath().getString("user.settings.acl[1].id"))
                .isEqualTo(before.getString("user.settings.acl[0].id"));
        KafkaCluster.send(writer, "secret", "plain");
        assertThat(KafkaCluster.read(writer, "readers", "secret", 1)).containsExactly("plain");

        Properties stranger = kafka.settings("writer", "wrong", "SCRAM-SHA-256");
        assertThatThrownBy(() -> KafkaCluster.send(stranger, "secret", "42"))
                .isInstanceOf(SaslAuthenticationException.class);
        assertThat(Api.delete(kafka.path("/users/writer")).statusCode()).isEqualTo(204);
        Awaitility.await("its password is forgotten")
                .untilAsserted(() -> assertThatThrownBy(() -> KafkaCluster.send(writer, "secret", "42"))
                        .isInstanceOf(SaslAuthenticationException.class));
        Response bad = Api.post(
                kafka.path("/users"),
                "{\"name\": \"x\", \"settings\": {\"acl\": [{\"topic\": \"(a|b)\", \"permission\": \"own\"}]}}");
        assertThat(bad.statusCode()).isEqualTo(422);
        assertThat(bad.asString()).contains("settings.acl[0].topic").contains("settings.acl[0].permission");
    }

    @Test
    void aUserLogsInWithItsCertificateAsLongAsItIsItsOwn() throws Exception {
        topic("sealed", "");
        topic("closed", "");
        user("holder", "{\"topic\": \"sealed\", \"permission\": \"produceconsume\"}");
        JsonPath user = Api.get(kafka.path("/users/holder")).jsonPath();
        Properties first = certified(user);
        KafkaCluster.send(first, "sealed", "signed");
        assertThat(KafkaCluster.read(first, "holders", "sealed", 1)).containsExactly("signed");
        assertThatThrownBy(() -> KafkaCluster.send(first, "closed", "42"))
                .isInstanceOf(TopicAuthorizationException.class);
        // What it may do changes, and its certificate does not.
        Response changed = Api.put(kafka.path("/users/holder"), "{\"settings\": {\"acl\": []}}");
        assertThat(changed.jsonPath().getString("user.access_cert")).isEqualTo(user.getString("user.access_cert"));
        assertThatThrownBy(() -> KafkaCluster.send(first, "sealed", "42"))
                .isInstanceOf(TopicAuthorizationException.class);

        Response reset = Api.post(kafka.path("/users/holder/reset_auth"), "{}");
        assertThat(reset.statusCode()).as(reset.asString()).isEqualTo(200);
        refused(first);
        Api.put(
                kafka.path("/users/holder"),
                "{\"settings\": {\"acl\": [{\"topic\": \"sealed\", \"permission\": \"produce\"}]}}");
        Properties second = certified(reset.jsonPath());
        KafkaCluster.send(second, "sealed", "again");
        // Another one's key, and one of the same name that another CA has signed.
        Properties mixed = new Properties();
        mixed.putAll(second);
        mixed.put("ssl.keystore.key", first.get("ssl.keystore.key"));
        refused(mixed);
        refused(foreign("holder"));
        // A certificate is no password, and the administrator has one too.
        JsonPath admin = Api.get(kafka.path("/users/doadmin")).jsonPath();
        KafkaCluster.send(certified(admin), "closed", "by the administrator");

        assertThat(Api.delete(kafka.path("/users/holder")).statusCode()).isEqualTo(204);
        refused(second);
        // Nor does it come back with somebody of the same name.
        user("holder", "{\"topic\": \"sealed\", \"permission\": \"produce\"}");
        refused(second);
        assertThat(Api.delete(kafka.path("/users/holder")).statusCode()).isEqualTo(204);
    }

    private Properties certified(JsonPath user) {
        return kafka.certified(user.getString("user.access_cert"), user.getString("user.access_key"));
    }

    private Properties foreign(String name) throws Exception {
        Path folder = Files.createTempDirectory("foreign");
        MooringHome home = new MooringHome(folder);
        home.create();
        ClientCertificate signed = new Authorities(home, Vault.open(home, null), Clock.systemUTC())
                .clients()
                .issueForClient(name);
        MooringHome.deleteTree(folder);
        return kafka.certified(signed.certificate(), signed.key());
    }

    @Test
    void kafkasOwnToolsFindWhatTheyExpect() throws Exception {
        topic("typed", ", \"partition_count\": 2");
        Properties login = kafka.settings();
        assertThat(new KafkaTool("ConsoleProducer", login).run("one\ntwo\nthree\n", "--topic", "typed"))
                .doesNotContain("ERROR");
        assertThat(new KafkaTool("ProducerPerformance", login)
                        .run(
                                "",
                                "--topic",
                                "typed",
                                "--num-records",
                                "997",
                                "--record-size",
                                "100",
                                "--throughput",
                                "-1"))
                .contains("997 records sent");
        assertThat(new KafkaTool("consumer.ConsoleConsumer", login)
                        .run(
                                "",
                                "--topic",
                                "typed",
                                "--from-beginning",
                                "--group",
                                "typists",
                                "--max-messages",
                                "1000",
                                "--timeout-ms",
                                "30000"))
                .contains("one\n", "two\n", "three\n", "Processed a total of 1000 messages");
        assertThat(Api.get(kafka.path("/topics/typed"))
                        .jsonPath()
                        .getList("topic.partitions.consumer_groups.offset.flatten()", Integer.class)
                        .stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(1000);
    }

    @Test
    void itsBrokerIsToldWithItsState() {
        JsonPath told = Api.get("/mooring/v1/databases/" + kafka.api().id() + "/topology")
                .jsonPath();
        assertThat(told.getList("topology.nodes.name")).containsExactly("broker-1");
        assertThat(told.getString("topology.nodes[0].role")).isEqualTo("broker");
        assertThat(told.getString("topology.nodes[0].state")).isEqualTo("running");
        assertThat(told.getInt("topology.nodes[0].port")).isEqualTo(kafka.api().port());
        assertThat(told.getString("topology.nodes[0].why")).isNull();
    }

    private static void refused(Properties settings) {
        settings.put("max.block.ms", "4000");
        assertThatThrownBy(() -> KafkaCluster.send(settings, "sealed", "42"))
                .isInstanceOfAny(SslAuthenticationException.class, KafkaException.class)
                .isNotInstanceOf(TopicAuthorizationException.class);
    }

    /** The administrator of a cluster makes users of any name. */
    @Test
    void nobodyWhoCallsHimselfABrokerIsOne() throws Exception {
        topic("mine", "");
        for (String own : List.of("broker", "mooring")) {
            String name = "CN=" + kafka.api().id() + "." + own;
            try (Admin admin = Admin.create(kafka.settings())) {
                admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                                name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "guessed")))
                        .all()
                        .get();
            }
            Properties settings = kafka.settings(name, "guessed", "SCRAM-SHA-256");
            settings.put("max.block.ms", "3000");
            assertThatThrownBy(() -> KafkaCluster.send(settings, "mine", "42"))
                    .as(name)
                    .isInstanceOf(KafkaException.class);
        }
    }

    /** What a broker's settings name is read, loaded and connected to by the machine's account. */
    @Test
    void theAdministratorOfAClusterIsNotThatOfItsMachine() throws Exception {
        try (Admin admin = Admin.create(kafka.settings())) {
            for (String broker : List.of("", "1")) {
                ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker);
                AlterConfigOp change =
                        new AlterConfigOp(new ConfigEntry("log.retention.ms", "1000"), AlterConfigOp.OpType.SET);
                assertThatThrownBy(() -> admin.incrementalAlterConfigs(Map.of(resource, List.of(change)))
                                .all()
                                .get())
                        .hasCauseInstanceOf(ClusterAuthorizationException.class);
            }
            // Nor by a rule that it gives itself or another.
            AclBinding everything = new AclBinding(
                    new ResourcePattern(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL),
                    new AccessControlEntry("User:*", "*", AclOperation.ALL, AclPermissionType.ALLOW));
            admin.createAcls(List.of(everything)).all().get();
            assertThatThrownBy(() -> admin.updateFeatures(
                                    Map.of(
                                            "metadata.version",
                                            new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UNSAFE_DOWNGRADE)),
                                    new UpdateFeaturesOptions())
                            .all()
                            .get())
                    .hasCauseInstanceOf(ClusterAuthorizationException.class);
            admin.deleteAcls(List.of(everything.toFilter())).all().get();
            admin.createTopics(List.of(new NewTopic("by-its-own-client", 1, (short) 1)))
                    .all()
                    .get();
        }
        assertThat(Api.get(kafka.path("/topics")).jsonPath().getList("topics.name", String.class))
                .contains("by-its-own-client");
    }

    @Test
    void settingsAreInForceWhenTheAnswerComes() {
        String wanted = "{\"config\": {\"log_retention_ms\": 3600000, \"max_connections_per_ip\": 1000,"
                + " \"auto_create_topics_enable\": true, \"default_replication_factor\": 3}}";
        JsonPath would = Api.patch(kafka.path("/config?dry_run=true"), wanted).jsonPath();
        assertThat(would.getList("restart_required_by"))
                .containsExactlyInAnyOrder("auto_create_topics_enable", "default_replication_factor");
        assertThat(Api.get(kafka.path("/config")).jsonPath().getBoolean("config.auto_create_topics_enable"))
                .isFalse();
        Response changed = Api.patch(kafka.path("/config"), wanted);
        assertThat(changed.statusCode()).as(changed.asString()).isEqualTo(200);
        assertThat(changed.jsonPath().getBoolean("restarted")).isTrue();
        JsonPath again = Api.patch(kafka.path("/config?dry_run=true"), wanted).jsonPath();
        assertThat(again.getList("restart_required_by")).isEmpty();
        // The one broker that there is takes both for one copy.
        assertThat(Api.patch(kafka.path("/config?dry_run=true"), "{\"config\": {\"default_replication_factor\": 2}}")
                        .jsonPath()
                        .getList("restart_required_by"))
                .isEmpty();
        JsonPath config = Api.get(kafka.path("/config")).jsonPath();
        assertThat(config.getLong("config.log_retention_ms")).isEqualTo(3_600_000);
        assertThat(config.getInt("config.max_connections_per_ip")).isEqualTo(1000);
        // The broker was restarted for that one.
        assertThat(config.getBoolean("config.auto_create_topics_enable")).isTrue();
        assertThat(config.getBoolean("config.schema_registry")).isFalse();
        Response refused =
                Api.patch(kafka.path("/config"), "{\"config\": {\"min_insync_replicas\": 0, \"work_mem\": 4}}");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString())
                .contains("invalid input for config 'min_insync_replicas': 0 is less than the minimum of 1")
                .contains("config.work_mem");
    }

    @Test
    void whoIsNoTrustedSourceIsNotHeardAndWhoWasIsNotAnyMore() throws Exception {
        topic("guarded", "");
        Properties mooring = kafka.inside(1);
        JsonPath admin = Api.get(kafka.path("/users/doadmin")).jsonPath();
        int certificates = Api.get(kafka.path("")).jsonPath().getInt("database.connection.application_ports.mtls");
        try (KafkaProducer<String, String> writer = KafkaCluster.producer(kafka.settings());
                KafkaConsumer<String, String> byPassword = waiting(kafka.settings());
                KafkaConsumer<String, String> byCertificate = waiting(certified(admin))) {
            writer.send(new ProducerRecord<>("guarded", "before")).get();
            for (KafkaConsumer<String, String> reader : List.of(byPassword, byCertificate)) {
                assertThat(values(reader, Duration.ofSeconds(20), 1)).containsExactly("before");
                // Its next question is with the broker, which has nothing to answer yet.
                assertThat(values(reader, Duration.ofSeconds(1), 1)).isEmpty();
            }
            double closed = closed(writer);
            assertThat(firewall("192.0.2.0/24")).isEqualTo(204);
            assertThat(answersWithTls(kafka.api().port())).isFalse();
            assertThat(answersWithTls(certificates)).isFalse();
            for (Properties outside : List.of(kafka.settings(), certified(admin))) {
                outside.put("max.block.ms", "2000");
                assertThatThrownBy(() -> KafkaCluster.send(outside, "guarded", "outside"))
                        .isInstanceOf(KafkaException.class);
            }
            // Its session is the one that it had.
            var late = writer.send(new ProducerRecord<>("guarded", "late"));
            Awaitility.await("the broker hangs up").until(() -> closed(writer) > closed);
            KafkaCluster.send(mooring, "guarded", "for others");
            for (KafkaConsumer<String, String> reader : List.of(byPassword, byCertificate)) {
                assertThat(values(reader, Duration.ofSeconds(2), 1)).isEmpty();
            }
            assertThat(KafkaCluster.read(mooring, "audit", "guarded", 2)).containsExactly("before", "for others");
            assertThat(firewall("127.0.0.1")).isEqualTo(204);
            // Let in again, clients come back by themselves.
            late.get();
            for (KafkaConsumer<String, String> reader : List.of(byPassword, byCertificate)) {
                assertThat(values(reader, Duration.ofSeconds(30), 2)).containsExactly("for others", "late");
            }
        }
        assertThat(Api.put(kafka.path("/firewall"), "{\"rules\": []}").statusCode())
                .isEqualTo(204);
        assertThat(answersWithTls(kafka.api().port())).isTrue();
        assertThat(answersWithTls(certificates)).isTrue();
    }

    /** Of the records of "guarded", from the first; the broker keeps its question until there is one. */
    private static KafkaConsumer<String, String> waiting(Properties settings) {
        settings.put("fetch.max.wait.ms", "60000");
        settings.put("request.timeout.ms", "90000");
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        TopicPartition partition = new TopicPartition("guarded", 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        return consumer;
    }

    /** As many as that, or those that come within the time. */
    private static List<String> values(KafkaConsumer<String, String> reader, Duration atMost, int count) {
        List<String> values = new ArrayList<>();
        long end = System.nanoTime() + atMost.toNanos();
        while (values.size() < count && System.nanoTime() < end) {
            reader.poll(Duration.ofMillis(200)).forEach(found -> values.add(found.value()));
        }
        return values;
    }

    /** How many of its connections have ended. */
    private static double closed(KafkaProducer<String, String> producer) {
        return producer.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("connection-close-total")
                        && metric.getKey().group().equals("producer-metrics"))
                .mapToDouble(metric -> (double) metric.getValue().metricValue())
                .sum();
    }

    private int firewall(String network) {
        return Api.put(
                        kafka.path("/firewall"),
                        "{\"rules\": [{\"type\": \"ip_addr\", \"value\": \"%s\"}]}".formatted(network))
                .statusCode();
    }

    /** Whether a TLS client gets a handshake, with a certificate that holds up. */
    private boolean answersWithTls(int port) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(kafka.ca().getBytes(StandardCharsets.US_ASCII))));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(kafka.api().host(), port)) {
            socket.setSoTimeout(20_000);
            socket.startHandshake();
            return true;
        } catch (SSLHandshakeException | EOFException | SocketException hungUp) {
            return false;
        }
    }

    /** The guide's section on Kafka, with its names of variables. */
    @Test
    void anAppIsBoundByTheFourVariablesOfTheGuide() throws Exception {
        topic("bound", "");
        String spec = """
                {"name": "%s", "databases": [{"engine": "KAFKA", "name": "your-kafka-instance-name", "production": true,
                 "cluster_name": "%s"}], "workers": [{"name": "web", "git": {"repo_clone_url": "file:///nowhere"}, "envs": [
                 {"key": "KAFKA_BROKER", "value": "${your-kafka-instance-name.HOSTNAME}:${your-kafka-instance-name.PORT}"},
                 {"key": "KAFKA_USERNAME", "value": "${your-kafka-instance-name.USERNAME}"},
                 {"key": "KAFKA_PASSWORD", "value": "${your-kafka-instance-name.PASSWORD}"},
                 {"key": "KAFKA_CA_CERT", "value": "${your-kafka-instance-name.CA_CERT}"}]}]}""".formatted(AppApi.uniqueName(), kafka.api().name());
        AppApi.TestApp app = AppApi.created(spec);
        app.awaitActive();
        Browser browser = Browser.of(TestGround.TOKEN);
        String its = "/console/apps/" + app.id() + "/components/";
        String address = kafka.api().host() + ":" + kafka.api().port();
        for (String page : List.of(
                its + "your-kafka-instance-name?show=string",
                its + "your-kafka-instance-name",
                "/console/databases/" + kafka.api().id() + "?show=string",
                "/console/databases/" + kafka.api().id())) {
            assertThat(browser.page(page))
                    .as(page)
                    .doesNotContain("postgresql:", "DATABASE_URL", "sslmode", ">database<");
        }
        assertThat(browser.page(its + "your-kafka-instance-name?show=string"))
                .contains("<code id=\"uri\">" + address + "</code>", "Kafka has no connection string");
        assertThat(browser.page(its + "web")).contains("${your-kafka-instance-name.CA_CERT}");
        assertThat(browser.page(its + "your-kafka-instance-name"))
                .contains(
                        "A Kafka cluster with trusted sources cannot be reached during builds",
                        "KAFKA_BROKER=${your-kafka-instance-name.HOSTNAME}:${your-kafka-instance-name.PORT}",
                        "KAFKA_USERNAME=${your-kafka-instance-name.USERNAME}",
                        "KAFKA_PASSWORD=${your-kafka-instance-name.PASSWORD}",
                        "KAFKA_CA_CERT=${your-kafka-instance-name.CA_CERT}");
        Map<String, String> env = Api.get("/mooring/v1/apps/" + app.id() + "/components/web/env?format=json")
                .jsonPath()
                .getMap("");
        assertThat(env.get("KAFKA_BROKER")).isEqualTo(address);
        assertThat(env.get("KAFKA_CA_CERT")).isEqualTo(kafka.ca());
        KafkaCluster.send(
                kafka.settings(env.get("KAFKA_USERNAME"), env.get("KAFKA_PASSWORD"), "SCRAM-SHA-256"), "bound", "ahoy");

        assertThat(firewall("127.0.0.1")).isEqualTo(204);
        assertThat(Api.post("/v2/apps/" + app.id() + "/deployments", "{}").statusCode())
                .isEqualTo(200);
        assertThat(app.newest().prettify()).contains("apps do not connect to Kafka clusters that have trusted sources");
        assertThat(Api.put(kafka.path("/firewall"), "{\"rules\": []}").statusCode())
                .isEqualTo(204);
        app.delete();
    }

    @Test
    void measurementsTellOfBrokersAndOfReadersThatAreBehind() throws Exception {
        topic("measured", "");
        KafkaCluster.send(kafka.settings(), "measured", "one", "two", "three");
        KafkaCluster.read(kafka.settings(), "slow", "measured", 3);
        KafkaCluster.send(kafka.settings(), "measured", "four");
        JsonPath credentials = Api.get("/v2/databases/metrics/credentials").jsonPath();
        JsonPath cluster = Api.get(kafka.path("")).jsonPath();
        String url = "https://" + cluster.getString("database.metrics_endpoints[0].host") + ":"
                + cluster.getInt("database.metrics_endpoints[0].port") + "/metrics";
        var client = given().relaxedHTTPSValidation();
        assertThat(client.get(url).statusCode()).isEqualTo(401);
        Awaitility.await("the broker has measured")
                .atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(given().relaxedHTTPSValidation()
                                .auth()
                                .preemptive()
                                .basic(
                                        credentials.getString("credentials.basic_auth_username"),
                                        credentials.getString("credentials.basic_auth_password"))
                                .get(url)
                                .asString())
                        .contains("kafka_up 1\n")
                        .contains("kafka_broker_up{broker=\"1\"} 1\n")
                        .contains(
                                "kafka_consumergroup_lag{consumergroup=\"slow\",topic=\"measured\",partition=\"0\"} 1\n")
                        .contains("kafka_topic_partition_oldest_offset{topic=\"measured\",partition=\"0\"} 0\n")
                        .containsPattern("kafka_server_brokertopicmetrics_messagesin_total\\{broker=\"1\"} [1-9]"));
    }

    @Test
    void whatOnlyPostgresHasIsRefusedAndSoIsTheOtherWayRound() {
        for (String path : List.of("/dbs", "/pools", "/replicas", "/backups", "/online-migration")) {
            Response answer = Api.get(kafka.path(path));
            assertThat(answer.statusCode()).as(path).isEqualTo(422);
            assertThat(answer.asString()).contains("operation is not supported for this cluster type");
        }
        assertThat(Api.post(kafka.path("/dbs"), "{\"name\": \"x\"}").statusCode())
                .isEqualTo(422);
        Browser browser = Browser.of(TestGround.TOKEN);
        for (String form : List.of("/dbs", "/pools/create", "/replicas/create")) {
            Response answer = browser.post("/console/databases/" + kafka.api().id() + form, "name", "x", "size", "1");
            assertThat(answer.statusCode()).as(form).isEqualTo(422);
            assertThat(answer.asString()).contains("operation is not supported for this cluster type");
        }
        Response size = Api.post("/v2/databases", KafkaCluster.body(Api.uniqueName(), "db-s-1vcpu-1gb", 2));
        assertThat(size.statusCode()).isEqualTo(422);
        assertThat(size.asString()).contains("num_nodes: must be one of 1, 3").contains("size: must be one of");
    }
}
