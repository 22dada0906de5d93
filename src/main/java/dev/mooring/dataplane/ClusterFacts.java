package dev.mooring.dataplane;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What a program has found out about a cluster.
 *
 * @param semanticVersion exact version that runs, such as {@code 16.15}; null before it does
 * @param restarted whether the server was restarted to apply the wish
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
public record ClusterFacts(String semanticVersion, boolean restarted) {

    public static final ClusterFacts NONE = new ClusterFacts(null, false);

    public ClusterFacts withSemanticVersion(String version) {
        return new ClusterFacts(version, restarted);
    }

    public ClusterFacts withRestart() {
        return new ClusterFacts(semanticVersion, true);
    }
}
