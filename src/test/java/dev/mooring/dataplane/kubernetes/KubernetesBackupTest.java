package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Archive;
import dev.mooring.dataplane.kubernetes.watch.ArchivingWatch;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Backups and recoveries on Kubernetes: real objects, a real S3, and the data of a real PostgreSQL. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.ArchiveProfile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesBackupTest extends KubernetesScene {

    @Inject
    Archive archive;

    @Inject
    ArchivingWatch watch;

    @BeforeAll
    void archives() {
        operator.archive.store = KubernetesGround.Storage.store();
    }

    @Test
    void backupsAreMadeAndListedAsEverywhere() throws Exception {
        TestCluster cluster = create(2);
        Recoveries.awaitBackup(cluster);
        JsonPath backups = Api.get(cluster.path("/backups")).jsonPath();
        assertThat(backups.getList("backups")).hasSize(1);
        assertThat(backups.getDouble("backups[0].size_gigabytes")).isPositive();
        assertThat(cluster.events()).contains("cluster_backup");
        JsonPath operation = last(cluster, "back-up-cluster");
        assertThat(operation.getLong("receipt.stored_bytes")).isEqualTo("a base backup".length());
        assertThat(window(cluster).getString("earliest")).isEqualTo(backups.getString("backups[0].created_at"));
        assertThat(spec(TestObjects.OBJECT_STORES, cluster, "-archive"))
                .containsEntry("retentionPolicy", "7d")
                .extractingByKey("configuration")
                .asString()
                .contains("s3://mooring/databases/cloudnativepg");

        policies(cluster);
        awaitNextSecond(backups.getString("backups[0].created_at"));
        backUp(cluster);
        assertThat(ended(cluster, "back-up-cluster").getInt("receipt.backups_kept"))
                .isEqualTo(2);
        operator.archive.forgetAllButTheLast(Names.cluster(UUID.fromString(cluster.id())));
        awaitNextSecond(window(cluster).getString("latest"));
        backUp(cluster);
        assertThat(ended(cluster, "back-up-cluster").getInt("receipt.backups_kept"))
                .isEqualTo(2);
        assertThat(operator.objects().of(TestObjects.BACKUPS).list().getItems()).hasSize(2);
        assertThat(spec(TestObjects.OBJECT_STORES, cluster, "-archive")).containsEntry("retentionPolicy", "2d");

        operator.archive.failure = "exit status 4: no such bucket";
        backUp(cluster);
        assertThat(ended(cluster, "back-up-cluster").getString("error"))
                .contains("exit status 4: no such bucket", "Earlier backups are as they were");
        operator.archive.failure = null;
        assertThat(Api.get(cluster.path("/backups")).jsonPath().getList("backups"))
                .hasSize(2);
        whatIsNotArchivedIsTold(cluster);
        oneFromBeforeIsArchivedWithItsNextChange(cluster);
        oneThatGoesOnIsForked(cluster);
    }

    private void oneFromBeforeIsArchivedWithItsNextChange(TestCluster cluster) {
        operator.objects()
                .of(TestObjects.CLUSTERS)
                .withName(Names.cluster(UUID.fromString(cluster.id())))
                .edit(object -> {
                    TestObjects.map(object.getAdditionalProperties(), "spec").remove("plugins");
                    return object;
                });
        backUp(cluster);
        assertThat(ended(cluster, "back-up-cluster").getString("error")).contains("from before there was an archive");
        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
        assertThat(ended(cluster, "apply-settings").getString("state")).isEqualTo("done");
        backUp(cluster);
        assertThat(ended(cluster, "back-up-cluster").getString("state")).isEqualTo("done");
    }

    /** The servers of both are one here: so it is the request that is looked at. */
    private void oneThatGoesOnIsForked(TestCluster cluster) {
        TestCluster fork = Recoveries.restore(cluster, null);
        assertThat(ended(fork, "restore-cluster").getString("receipt.missing")).isNull();
        Map<String, Object> asked = spec(TestObjects.CLUSTERS, fork, "");
        assertThat(TestObjects.map(TestObjects.map(asked, "bootstrap"), "recovery"))
                .containsEntry("source", "origin")
                .doesNotContainKey("recoveryTarget");
        assertThat(asked.get("externalClusters").toString())
                .contains(Names.archivedServer(UUID.fromString(cluster.id())));
        delete(fork);
        // Its servers went with those of the fork: it goes all the same.
        cluster.delete();
        awaitWaiting(cluster, "destroy-cluster", "PostgreSQL refuses");
        execute("update operation set overdue = true where subject = $1 and finished_at is null", cluster);
        assertThat(ended(cluster, "destroy-cluster").getString("state")).isEqualTo("done");
    }

    private void backUp(TestCluster cluster) {
        accepted(Api.post(own(cluster) + "/backups", "{}"));
    }

    private static void policies(TestCluster cluster) {
        Map<String, String> refused = Map.of(
                "{\"retention_hours\":24,\"synchronous\":true}",
                        "has no synchronous archive on the data plane kubernetes",
                "{\"retention_hours\":24,\"drill_hours\":24}", "has no recovery drills on the data plane kubernetes");
        refused.forEach((policy, words) -> {
            Response answer = Api.put(own(cluster) + "/backup-policy", policy);
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(422);
            assertThat(answer.asString()).contains(words);
        });
        accepted(Api.put(own(cluster) + "/backup-policy", "{\"retention_hours\":25}"));
    }

    /** Backups of one second are told apart by nobody. */
    private static void awaitNextSecond(String moment) {
        Instant over = Instant.parse(moment).plusSeconds(1);
        Awaitility.await("the second after " + moment)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> Instant.now().isAfter(over));
    }

    private void whatIsNotArchivedIsTold(TestCluster cluster) {
        operator.archive.failing = "unexpected failure invoking barman-cloud-wal-archive";
        awaitArchiving(cluster, "False");
        watch.refresh();
        Awaitility.await("the window ends")
                .atMost(Duration.ofSeconds(10))
                .until(() -> window(cluster)
                        .getString("latest")
                        .equals(window(cluster).getString("earliest")));
        accepted(Api.post(own(cluster) + "/backups", "{}"));
        awaitWaiting(cluster, "back-up-cluster", "WAL is not archived: unexpected failure");
        cancel(cluster, "back-up-cluster");
        operator.archive.failing = null;
        awaitArchiving(cluster, "True");
        watch.refresh();
        Awaitility.await("the window goes on")
                .atMost(Duration.ofSeconds(10))
                .until(() -> !window(cluster)
                        .getString("latest")
                        .equals(window(cluster).getString("earliest")));
    }

    private void awaitArchiving(TestCluster cluster, String status) {
        Awaitility.await("the operator says of archiving " + status)
                .atMost(Duration.ofSeconds(10))
                .until(() -> ((List<?>) state(cluster).get("conditions"))
                        .stream()
                                .map(condition -> (Map<?, ?>) condition)
                                .anyMatch(condition -> "ContinuousArchiving".equals(condition.get("type"))
                                        && status.equals(condition.get("status"))));
    }

    private static JsonPath window(TestCluster cluster) {
        return accepted(Api.get(own(cluster) + "/recovery-window")).jsonPath();
    }

    private Map<String, Object> spec(ResourceDefinitionContext kind, TestCluster cluster, String more) {
        GenericKubernetesResource object = operator.objects()
                .of(kind)
                .withName(Names.cluster(UUID.fromString(cluster.id())) + more)
                .get();
        return TestObjects.map(object.getAdditionalProperties(), "spec");
    }

    @Test
    void aDeletedClusterComesBackThoughEveryStepIsDoneTwice() throws Exception {
        List<Program> own = programs(program ->
                Set.of(Change.BACK_UP, Change.RESTORE, Change.DESTROY).contains(program.change()));
        try (EveryStepTwice twice = new EveryStepTwice(programs(program -> true))) {
            deletedAndBroughtBack();
            everyStep(twice, own);
        }
    }

    private void deletedAndBroughtBack() throws Exception {
        TestCluster origin = create(1);
        Recoveries.awaitBackup(origin);
        accepted(Api.post(origin.path("/users"), json("name", "app")));
        accepted(Api.post(origin.path("/dbs"), json("name", "app-data")));
        String password = password(origin, "app");
        try (Connection connection = connect(origin, "app", "app-data")) {
            Api.execute(connection, "create table kept as select 42 as id");
        }
        // Of then, and no user any more when it is brought back.
        server.run("create role former login password 'of-then'");
        String name = origin.name();
        delete(origin);
        assertThat(objects(origin))
                .containsExactlyInAnyOrder(
                        "Secret " + Names.archive(UUID.fromString(origin.id())),
                        "ObjectStore " + Names.archive(UUID.fromString(origin.id())));

        String at = window(origin).getString("latest");
        TestCluster restored =
                TestCluster.of(accepted(Api.post("/v2/databases", Recoveries.body(Api.uniqueName(), name, at)))
                        .jsonPath());
        restored.awaitOnline();
        JsonPath operation = ended(restored, "restore-cluster");
        assertThat(operation.getList("receipt.databases")).containsExactlyInAnyOrder("defaultdb", "app-data");
        assertThat(Api.get(restored.path("/dbs")).jsonPath().getList("dbs.name"))
                .containsExactlyInAnyOrder("defaultdb", "app-data");
        assertThat(password(restored, "app")).isEqualTo(password);
        try (Connection connection = connect(restored, "app", "app-data")) {
            assertThat(Api.query(connection, "select id from kept")).isEqualTo("42");
        }
        assertThatThrownBy(() -> server.open("app-data", "former", "of-then").close())
                .isInstanceOf(SQLException.class);
        assertThat(TestObjects.map(TestObjects.map(spec(TestObjects.CLUSTERS, restored, ""), "bootstrap"), "recovery")
                        .get("recoveryTarget"))
                .isEqualTo(Map.of("targetTime", at));
        assertThat(spec(TestObjects.CLUSTERS, restored, "").get("plugins").toString())
                .contains(Names.archivedServer(UUID.fromString(restored.id())));
        Recoveries.awaitBackup(restored);

        // What was asked for at first stays so, whatever comes.
        accepted(Api.patch(restored.path("/config"), "{\"config\":{\"work_mem\":12}}"));
        assertThat(ended(restored, "apply-settings").getString("state")).isEqualTo("done");
        assertThat(TestObjects.map(spec(TestObjects.CLUSTERS, restored, ""), "bootstrap"))
                .containsOnlyKeys("recovery");
        delete(restored);
        whatIsPastItsTimeGoes(origin, restored);
    }

    private void whatIsPastItsTimeGoes(TestCluster... clusters) throws Exception {
        archive.sweep(Instant.now());
        for (TestCluster cluster : clusters) {
            assertThat(archived(cluster)).isNotEmpty();
        }
        archive.sweep(Instant.now().plus(Duration.ofDays(8)));
        for (TestCluster cluster : clusters) {
            assertThat(objects(cluster)).isEmpty();
            assertThat(archived(cluster)).isEmpty();
        }
    }

    private static List<?> archived(TestCluster cluster) throws Exception {
        return KubernetesGround.Storage.store()
                .list("cloudnativepg/" + Names.archivedServer(UUID.fromString(cluster.id())));
    }
}
