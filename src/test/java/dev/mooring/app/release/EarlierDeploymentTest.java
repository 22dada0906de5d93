package dev.mooring.app.release;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

/** What an earlier version has queued is read by this one, or its deployments would fail at every try. */
class EarlierDeploymentTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void aConversionThatWasQueuedWithoutCommitsTakesTheCodeAsItIs() throws Exception {
        String queued = "{\"region\": \"nyc\", \"runs\": true, \"code\": \"00000000-0000-0000-0000-000000000001\"";
        assertThat(JSON.readValue(queued + ", \"commits\": null}", DeployWish.class)
                        .commits())
                .isEmpty();
        assertThat(JSON.readValue(queued + "}", DeployWish.class).commits()).isEmpty();
    }

    @Test
    void whatAnEarlierVersionDidNotWriteDownIsNothing() throws Exception {
        DeployFacts facts = JSON.readValue("{\"tasks\": null}", DeployFacts.class);
        assertThat(facts.tasks()).isEmpty();
        assertThat(facts.withCommit("services-web", "abc").commits()).containsEntry("services-web", "abc");
        assertThat(facts.ports()).isEmpty();
    }
}
