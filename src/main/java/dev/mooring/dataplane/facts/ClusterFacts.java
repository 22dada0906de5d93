package dev.mooring.dataplane.facts;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a program has found out about a cluster.
 *
 * @param semanticVersion exact version that runs, such as {@code 16.15}; null before it does
 * @param restarted whether the server was restarted to apply the wish
 * @param inTheWay whether it failed because sessions of users keep the change from being made
 * @param left what users have left that the wish took away
 * @param nodesBefore how many servers the cluster had when more were asked for
 * @param primaryBefore the node that was the primary before a switchover; null for no switchover
 * @param accesses the certificates that were made for users to log in with
 * @param update the minor version that is being installed
 * @param refusedSince RFC 3339: since when what may still become right is refused
 * @param switched how another node took the primary's place, as users see it
 * @param through position up to which the archive of a cluster that ends is to have everything; null before that is asked for
 * @param grownMib storage of each node in MiB that a change which was taken back has left behind; null for none
 * @param away how long each server was away that is restarted one after the other, as users see it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
@RecordBuilder
public record ClusterFacts(
        @Nullable String semanticVersion,
        boolean restarted,
        boolean inTheWay,
        List<Left> left,
        @Nullable Integer nodesBefore,
        @Nullable String primaryBefore,
        @Nullable Map<String, Object> switched,
        List<Access> accesses,
        @Nullable Update update,
        @Nullable String refusedSince,
        @Nullable Long through,
        @Nullable Integer grownMib,
        Map<String, Object> away)
        implements ClusterFactsBuilder.With, Patient<ClusterFacts>, Rolling<ClusterFacts> {

    public static final ClusterFacts NONE = new ClusterFacts(
            null, false, false, List.of(), null, null, null, List.of(), null, null, null, null, Map.of());

    public ClusterFacts {
        left = left == null ? List.of() : left;
        accesses = accesses == null ? List.of() : accesses;
        away = away == null ? Map.of() : away;
    }

    /**
     * @param user that was deleted
     * @param role that owns now what the user owned, and has no other right
     * @param definers functions that go on running with their owner's rights, each as {@code database: name(arguments)}
     */
    @RegisterForReflection
    public record Left(String user, String role, List<String> definers) {}

    /**
     * @param certificate PEM
     * @param key sealed PEM
     */
    @RegisterForReflection
    public record Access(String user, String certificate, String key) {}

    /**
     * @param from exact version that ran before
     * @param imageBefore that it ran from
     * @param image that has the new one
     */
    @RegisterForReflection
    public record Update(
            String from,
            @Nullable String imageBefore,
            @Nullable String image) {

        /** Of servers that come from images. */
        public String requiredImage() {
            return Objects.requireNonNull(image, "the update is of no image");
        }

        /** Of servers that come from images. */
        public String requiredImageBefore() {
            return Objects.requireNonNull(imageBefore, "the update is of no image");
        }
    }

    @Override
    public ClusterFacts refused(@Nullable String since) {
        return withRefusedSince(since);
    }

    @Override
    public ClusterFacts rolled(Map<String, Object> servers) {
        return withAway(servers);
    }

    public ClusterFacts withRestart() {
        return withRestarted(true);
    }

    /** What more was left. */
    public ClusterFacts andLeft(List<Left> more) {
        return withLeft(Stream.concat(left.stream(), more.stream()).toList());
    }

    /** For who installs an update that was found. */
    public Update requiredUpdate() {
        return Objects.requireNonNull(update, "the facts say nothing of an update");
    }

    /** For who waits for what was written by then. */
    public long requiredThrough() {
        return Objects.requireNonNull(through, "the facts say nothing of a position");
    }

    /** For who has chosen a version. */
    public String requiredSemanticVersion() {
        return Objects.requireNonNull(semanticVersion, "the facts say nothing of a version");
    }
}
