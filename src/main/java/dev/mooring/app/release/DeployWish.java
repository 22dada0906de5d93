package dev.mooring.app.release;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A deployment to be done.
 *
 * @param region slug where the app's dev databases are made
 * @param spec JSON, its secrets encrypted
 * @param specKey sealed key of those secrets
 * @param runs whether there is a node that runs the app's code
 * @param binds whether somebody else runs it, who is given the variables of its components
 * @param code deployment whose fetched and built code is run again; null to fetch and build
 * @param commits the commits to fetch, by component; the newest of the branch for the others
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection
public record DeployWish(
        AppIdentity app,
        UUID deployment,
        String region,
        String spec,
        String specKey,
        boolean runs,
        boolean binds,
        @Nullable UUID code,
        Map<String, String> commits) {

    public DeployWish {
        // Earlier versions queued none for what was never deployed, and a rerun of such code took nothing else.
        commits = commits == null ? Map.of() : commits;
    }

    /**
     * The app itself.
     *
     * @param url where it is reached; null for nowhere that Mooring knows of
     * @param port where its node serves it
     */
    @RegisterForReflection
    public record AppIdentity(
            UUID id,
            UUID team,
            String name,
            @Nullable String url,
            @Nullable Integer port) {}
}
