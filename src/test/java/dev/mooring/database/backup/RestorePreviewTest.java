package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a restore would bring back is told before it begins, by what the archive has. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class RestorePreviewTest {

    private static Response preview(String id, String query) {
        return Api.get("/mooring/v1/databases/" + id + "/restore-preview" + query);
    }

    @Test
    void theMomentDecidesHowMuchIsReplayedAndHowMuchIsLeftOut() {
        TestCluster cluster = Recoveries.backedUp("16");
        JsonPath window = Recoveries.window(cluster);
        assertThat(window.getString("last_drill_at")).isNull();
        assertThat(Api.get("/mooring/v1/databases/" + cluster.id() + "/proof")
                        .jsonPath()
                        .getString("proof.operation_id"))
                .isNull();

        JsonPath all = preview(cluster.id(), "").jsonPath();
        assertThat(all.getString("restore_preview.version")).isEqualTo("16");
        assertThat(all.getList("restore_preview.users")).isEqualTo(List.of("doadmin"));
        assertThat(all.getLong("restore_preview.backup_bytes")).isGreaterThan(1_000_000);
        assertThat(all.getLong("restore_preview.wal_after_bytes")).isZero();

        String earliest = window.getString("earliest");
        JsonPath first = preview(cluster.id(), "?at=" + earliest).jsonPath();
        assertThat(first.getString("restore_preview.at")).isEqualTo(earliest);
        assertThat(first.getLong("restore_preview.wal_bytes") + first.getLong("restore_preview.wal_after_bytes"))
                .as("what is not replayed is left out")
                .isGreaterThanOrEqualTo(all.getLong("restore_preview.wal_bytes"));

        assertThat(preview(cluster.id(), "?at=2001-01-01T00:00:00Z").statusCode())
                .isEqualTo(422);
        assertThat(preview(cluster.id(), "?at=yesterday").jsonPath().getString("message"))
                .startsWith("at: must be RFC 3339");
        cluster.delete();
        assertThat(preview(cluster.id(), "").jsonPath().getString("restore_preview.version"))
                .as("also of one that is gone")
                .isEqualTo("16");
    }
}
