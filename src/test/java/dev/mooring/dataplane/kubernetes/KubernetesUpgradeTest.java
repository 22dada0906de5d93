package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Archive;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
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

/** Major versions on Kubernetes: the operator's phases, with a real PostgreSQL 17 that becomes a real 18 with what is in it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.ArchiveProfile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesUpgradeTest extends KubernetesScene {

    private static final String NEXT = "ghcr.io/cloudnative-pg/postgresql:18.6-standard-trixie";

    @Inject
    Archive archive;

    @Inject
    Projection projection;

    @BeforeAll
    void archives() {
        operator.archive.store = KubernetesGround.Storage.store();
    }

    @Test
    void aMajorVersionComesInPlaceThoughEveryStepIsDoneTwice() throws Exception {
        TestCluster cluster = create(2);
        Recoveries.awaitBackup(cluster);
        accepted(Api.post(cluster.path("/users"), json("name", "app")));
        accepted(Api.post(cluster.path("/dbs"), json("name", "app-data")));
        try (Connection connection = connect(cluster, "app", "app-data")) {
            Api.execute(connection, "create table kept as select 42 as id");
        }
        String before = window(cluster).getString("latest");
        awaitNextSecond(before);
        List<String> made = objects(cluster);

        assertThat(Api.get("/v2/databases/options").jsonPath().getList("options.pg.upgrade_targets"))
                .containsExactly("16", "17", "18");
        Response check = accepted(Api.post(own(cluster) + "/upgrade/check", json("version", "18")));
        assertThat(check.jsonPath().getMap("operation.receipt"))
                .containsEntry("method", "brief")
                .containsEntry("interrupts", true)
                .containsEntry("version", "18.6")
                .containsEntry("image", NEXT)
                .containsKeys("method_reason", "undo_problem");
        assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(made);

        List<Program> own =
                programs(program -> Set.of(Change.CHECK_UPGRADE, Change.UPGRADE).contains(program.change()));
        try (EveryStepTwice twice = new EveryStepTwice(programs(program -> true))) {
            upgraded(cluster);
            everyStep(twice, own);
        }
        whatWasBeforeIsRecovered(cluster, before);
    }

    private void upgraded(TestCluster cluster) throws Exception {
        accepted(Api.put(cluster.path("/upgrade"), json("version", "18")));
        assertThat(database(cluster).getString("status")).isEqualTo("migrating");
        JsonPath operation = ended(cluster, "upgrade-cluster");
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
        assertThat(operation.getMap("receipt"))
                .containsEntry("version", "18.6")
                .containsEntry("method", "brief")
                .containsKeys("serves_since", "undo_problem")
                .doesNotContainKeys("write_pause_ms", "undo_until", "follow_up");
        assertThat(database(cluster).getString("status")).isEqualTo("online");
        assertThat(database(cluster).getString("version")).isEqualTo("18");
        assertThat(database(cluster).getString("semantic_version")).isEqualTo("18.6");
        assertThat(images(cluster)).containsExactly(NEXT);
        assertThat(topology(cluster)).hasSize(2);
        assertThat(archivedAs(cluster)).contains(Names.archivedServer(id(cluster), "18"));
        try (Connection connection = connect(cluster, "app", "app-data")) {
            assertThat(Api.query(connection, "show server_version")).isEqualTo("18.6");
            assertThat(Api.query(connection, "select id from kept")).isEqualTo("42");
            assertThat(Api.query(
                            connection,
                            "select last_analyze is not null from pg_stat_user_tables where relname = 'kept'"))
                    .isEqualTo("t");
        }
        assertThat(cluster.events()).contains("cluster_version_upgrade");
        // The first one, one of the old version just before, and one of the new.
        assertThat(Api.get(cluster.path("/backups")).jsonPath().getList("backups"))
                .hasSize(3);
        assertThat(Api.post(own(cluster) + "/upgrade/undo", "{}").statusCode()).isEqualTo(422);
        assertThat(window(cluster).getList("gaps")).hasSize(1);
        String unrecoverable = window(cluster).getString("gaps[0].from");
        Response none = Api.post("/v2/databases", Recoveries.body(Api.uniqueName(), cluster.name(), unrecoverable));
        assertThat(none.statusCode()).as(none.asString()).isEqualTo(422);
        assertThat(none.asString()).contains("between the upgrade from version 17 at", "no moment can");
        // Whatever is changed next is changed on the new version.
        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
        assertThat(ended(cluster, "apply-settings").getString("state")).isEqualTo("done");
        assertThat(images(cluster)).containsExactly(NEXT);
        assertThat(archivedAs(cluster)).contains(Names.archivedServer(id(cluster), "18"));
    }

    private void whatWasBeforeIsRecovered(TestCluster cluster, String before) throws Exception {
        accepted(Api.post(own(cluster) + "/backups", "{}"));
        JsonPath backup = ended(cluster, "back-up-cluster");
        assertThat(backup.getInt("receipt.backups_kept")).isEqualTo(4);
        assertThat(Instant.parse(window(cluster).getString("earliest"))).isBefore(Instant.parse(before));
        noMomentWithoutABackup(cluster);

        String name = cluster.name();
        ClusterSpec spec = projection.remembered(id(cluster)).orElseThrow();
        delete(cluster);
        operator.slow.set(20);
        TestCluster restored =
                TestCluster.of(accepted(Api.post("/v2/databases", Recoveries.body(Api.uniqueName(), name, before)))
                        .jsonPath());
        Instant over = Instant.now().plus(Duration.ofDays(8));
        archive.recoverableBefore(spec, over);
        assertThat(archived(Names.archivedServer(id(cluster))))
                .as("what a restore reads that was promised")
                .isNotEmpty();
        restored.awaitOnline();
        assertThat(database(restored).getString("version")).isEqualTo("17");
        archive.recoverableBefore(spec, over);
        assertThat(archived(Names.archivedServer(id(cluster)))).isEmpty();
        assertThat(images(restored)).containsExactly(NEWEST);
        try (Connection connection = connect(restored, "app", "app-data")) {
            assertThat(Api.query(connection, "select id from kept")).isEqualTo("42");
        }
        delete(restored);
        archive.sweep(Instant.now().plus(Duration.ofDays(8)));
        for (String server : List.of(Names.archivedServer(id(cluster)), Names.archivedServer(id(cluster), "18"))) {
            assertThat(KubernetesGround.Storage.store().list("cloudnativepg/" + server))
                    .isEmpty();
        }
    }

    /** As it is between the upgrade and the first backup after it. */
    private void noMomentWithoutABackup(TestCluster cluster) {
        String at = window(cluster).getString("latest");
        operator.objects()
                .of(TestObjects.OBJECT_STORES)
                .withName(Names.archive(id(cluster)))
                .editStatus(object -> {
                    Map<String, Object> windows = TestObjects.map(
                            TestObjects.map(object.getAdditionalProperties(), "status"), "serverRecoveryWindow");
                    TestObjects.map(windows, Names.archivedServer(id(cluster), "18"))
                            .put("firstRecoverabilityPoint", "2099-01-01T00:00:00Z");
                    return object;
                });
        TestCluster none = TestCluster.of(
                accepted(Api.post("/v2/databases", Recoveries.body(Api.uniqueName(), cluster.name(), at)))
                        .jsonPath());
        assertThat(ended(none, "restore-cluster").getString("error"))
                .contains("no backup leads to " + at, "upgraded to PostgreSQL 18 before", "Nothing was created");
        delete(none);
    }

    @Test
    void whatCannotBeUpgradedStaysAsItIs() throws Exception {
        TestCluster cluster = create(2);
        Recoveries.awaitBackup(cluster);
        whatStandsInTheWayIsNamed(cluster);

        operator.upgrade.failure = "exit status 1: could not load library";
        JsonPath failed = upgrade(cluster);
        operator.upgrade.failure = null;
        takenBack(cluster, failed, "failed");
        assertThat(failed.getString("error"))
                .contains(
                        instance(cluster, 1) + "-major-upgrade has failed",
                        "Job has reached the specified backoff limit",
                        "could not load library",
                        "The version before is put back");

        assertThat(archived(Names.archivedServer(id(cluster))))
                .as("what its servers archived when they were stopped")
                .contains("cloudnativepg/" + Names.archivedServer(id(cluster)) + ScriptedArchive.LAST_SEGMENT);

        operator.upgrade.missing = true;
        JsonPath missing = upgrade(cluster);
        operator.upgrade.missing = false;
        takenBack(cluster, missing, "failed");
        assertThat(missing.getString("error")).contains("cannot be had: ImagePullBackOff");

        awaitHealthy(cluster);
        operator.away = true;
        accepted(Api.put(cluster.path("/upgrade"), json("version", "18")));
        awaitWaiting(cluster, "upgrade-cluster", "CloudNativePG has not begun yet");
        JsonPath cancelled = cancel(cluster, "upgrade-cluster");
        operator.away = false;
        takenBack(cluster, cancelled, "cancelled");

        // What works on the data is not ended in the middle.
        operator.upgrade.held = true;
        accepted(Api.put(cluster.path("/upgrade"), json("version", "18")));
        awaitWaiting(cluster, "upgrade-cluster", "Upgrading Postgres major version");
        Awaitility.await("the job that works on the data").until(() -> {
            GenericKubernetesResource pod = operator.objects()
                    .of(TestObjects.PODS)
                    .withName(instance(cluster, 1) + "-major-upgrade")
                    .get();
            return pod != null
                    && "Running"
                            .equals(TestObjects.map(pod.getAdditionalProperties(), "status")
                                    .get("phase"));
        });
        accepted(Api.post(
                "/mooring/v1/operations/" + last(cluster, "upgrade-cluster").getString("id") + "/cancel", "{}"));
        operator.upgrade.held = false;
        JsonPath late = ended(cluster, "upgrade-cluster");
        assertThat(late.getString("state")).as(late.prettify()).isEqualTo("done");
        assertThat(database(cluster).getString("version")).isEqualTo("18");
        delete(cluster);
    }

    private void whatStandsInTheWayIsNamed(TestCluster cluster) throws Exception {
        server.run("select pg_create_physical_replication_slot('mine')");
        try (Connection connection = connect(cluster, "doadmin", "defaultdb")) {
            Api.execute(connection, "create table stored (name regproc)");
            refused(
                    cluster,
                    json("version", "18"),
                    "the replication slot mine does not come along",
                    "in defaultdb public.stored column name holds what means something else");
            Api.execute(connection, "drop table stored");
        }
        server.run("select pg_drop_replication_slot('mine')");
        refused(cluster, json("version", "18", "method", "online"), "no method online, only brief");
        refused(cluster, json("version", "16"), "must be higher than 17");
        assertThat(database(cluster).getString("status")).isEqualTo("online");
    }

    private static void refused(TestCluster cluster, String body, String... words) {
        Response answer = Api.put(cluster.path("/upgrade"), body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(422);
        assertThat(answer.asString()).contains(words);
    }

    private JsonPath upgrade(TestCluster cluster) {
        awaitHealthy(cluster);
        accepted(Api.put(cluster.path("/upgrade"), json("version", "18")));
        return ended(cluster, "upgrade-cluster");
    }

    private void takenBack(TestCluster cluster, JsonPath operation, String state) throws Exception {
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo(state);
        awaitHealthy(cluster);
        assertThat(images(cluster)).containsExactly(NEWEST);
        assertThat(archivedAs(cluster)).contains(Names.archivedServer(id(cluster)) + "}");
        assertThat(archived(Names.archivedServer(id(cluster), "18"))).isEmpty();
        assertThat(database(cluster).getString("version")).isEqualTo("17");
        assertThat(database(cluster).getString("status")).isEqualTo("online");
        connect(cluster, "doadmin", "defaultdb").close();
    }

    private List<String> archived(String server) throws Exception {
        return operator.archive.store.list("cloudnativepg/" + server).stream()
                .map(ArchiveStore.Stored::key)
                .toList();
    }

    private String archivedAs(TestCluster cluster) {
        return TestObjects.map(
                        operator.objects()
                                .of(TestObjects.CLUSTERS)
                                .withName(Names.cluster(id(cluster)))
                                .get()
                                .getAdditionalProperties(),
                        "spec")
                .get("plugins")
                .toString();
    }

    private static UUID id(TestCluster cluster) {
        return UUID.fromString(cluster.id());
    }

    private static JsonPath window(TestCluster cluster) {
        return accepted(Api.get(own(cluster) + "/recovery-window")).jsonPath();
    }

    private static void awaitNextSecond(String moment) {
        Instant over = Instant.parse(moment).plusSeconds(1);
        Awaitility.await("the second after " + moment)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> Instant.now().isAfter(over));
    }
}
