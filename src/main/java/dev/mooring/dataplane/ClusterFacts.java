package dev.mooring.dataplane;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;

/**
 * What a program has found out about a cluster.
 *
 * @param semanticVersion exact version that runs, such as {@code 16.15}; null before it does
 * @param restarted whether the server was restarted to apply the wish
 * @param inTheWay whether it failed because sessions of users keep the change from being made
 * @param left what users have left that the wish took away
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
public record ClusterFacts(String semanticVersion, boolean restarted, boolean inTheWay, List<Left> left) {

    public static final ClusterFacts NONE = new ClusterFacts(null, false, false, List.of());

    public ClusterFacts {
        left = left == null ? List.of() : left;
    }

    /**
     * @param user that was deleted
     * @param role that owns now what the user owned, and has no other right
     * @param definers functions that go on running with their owner's rights, each as {@code database: name(arguments)}
     */
    @RegisterForReflection
    public record Left(String user, String role, List<String> definers) {}

    public ClusterFacts withSemanticVersion(String version) {
        return new ClusterFacts(version, restarted, inTheWay, left);
    }

    public ClusterFacts withRestart() {
        return new ClusterFacts(semanticVersion, true, inTheWay, left);
    }

    public ClusterFacts withInTheWay(boolean is) {
        return new ClusterFacts(semanticVersion, restarted, is, left);
    }

    public ClusterFacts withLeft(List<Left> more) {
        return new ClusterFacts(
                semanticVersion,
                restarted,
                inTheWay,
                java.util.stream.Stream.concat(left.stream(), more.stream()).toList());
    }
}
