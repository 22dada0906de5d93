package dev.mooring.dataplane.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SpareDataTest {

    private static final String VERSION = "17";

    @Inject
    LocalClusters clusters;

    /** A template that nobody else makes anything of. */
    private DataTemplate.Ready template;

    private Path folder;

    @BeforeEach
    void copyTemplate() throws Exception {
        folder = TestGround.newFolder();
        DataTemplate.Ready shared =
                clusters.template().prepare(clusters.engines().engine(VERSION));
        assertThat(new ProcessBuilder("cp", "-a", shared.data().toString(), folder.toString())
                        .start()
                        .waitFor())
                .isZero();
        template = new DataTemplate.Ready(folder.resolve("data"), shared.superuserPassword());
    }

    @AfterEach
    void remove() {
        MooringHome.deleteTree(folder);
    }

    private static void await(DataTemplate.Ready template, int count) {
        Awaitility.await(count + " spares")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(SpareData.ready(template)).hasSize(count));
    }

    private static Object inode(Path data) {
        try {
            return Files.readAttributes(data, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path put(SpareData spares, String name) throws Exception {
        Path data = folder.resolve(name);
        spares.put(template, data, folder.resolve(name + "-partial"));
        assertThat(data.resolve("PG_VERSION")).exists();
        assertThat(folder.resolve(name + "-partial")).doesNotExist();
        return data;
    }

    @Test
    void oneIsTakenAndAnotherIsMade() throws Exception {
        SpareData spares = new SpareData(2);
        spares.start();
        try {
            spares.ask(template);
            await(template, 2);
            List<Object> ready =
                    SpareData.ready(template).stream().map(SpareDataTest::inode).toList();
            assertThat(inode(put(spares, "first"))).isIn(ready);
            assertThat(inode(put(spares, "second"))).isIn(ready);
            assertThat(inode(put(spares, "third"))).isNotIn(ready);
            await(template, 2);
        } finally {
            spares.stop(Duration.ofSeconds(10));
        }
    }

    @Test
    void whatAKillHasLeftAndWhatIsTooMuchGoes() throws Exception {
        SpareData before = new SpareData(2);
        before.start();
        before.ask(template);
        await(template, 2);
        before.stop(Duration.ofSeconds(10));
        Path half = folder.resolve("spares").resolve(UUID.randomUUID() + ".partial");
        Files.createDirectories(half.resolve("data"));
        Path taken = Files.createDirectory(
                folder.resolve("spares").resolve(UUID.randomUUID().toString()));

        new SpareData(1).takeUp(template);
        assertThat(half).doesNotExist();
        assertThat(SpareData.ready(template)).hasSize(1);
        new SpareData(0).takeUp(template);
        assertThat(SpareData.ready(template)).isEmpty();
        assertThat(taken).doesNotExist();
    }

    /** Each is somebody of its own: backups and standby nodes tell servers apart by it. */
    @Test
    void clustersOfSparesAreNotTheSame() throws Exception {
        DataTemplate.Ready shared =
                clusters.template().prepare(clusters.engines().engine(VERSION));
        clusters.spares().ask(shared);
        await(shared, 2);
        TestCluster one = Api.cluster(VERSION);
        TestCluster other = Api.cluster(VERSION);
        assertThat(identifier(one)).isNotEqualTo(identifier(other));
        one.delete();
        other.delete();
    }

    private static String identifier(TestCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect()) {
            return Api.query(connection, "select system_identifier::text from pg_control_system()");
        }
    }
}
