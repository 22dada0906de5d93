package dev.mooring.dataplane.kubernetes.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.PostgresImages;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.KubernetesProgram;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.program.archive.BackupInArchive;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.dataplane.kubernetes.server.UpgradeSql;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says whether CloudNativePG can move a cluster to another major version, how, and what stands in the way. Changes nothing. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class PrecheckOnKubernetes extends KubernetesProgram<PrecheckOnKubernetes.Steps, UpgradeFacts> {

    private static final String HOW =
            "in place by CloudNativePG: it stops every server and runs pg_upgrade on the primary's volume, so nobody can"
                    + " connect until that is done; standby nodes are copied anew afterwards";
    private static final String NO_WAY_BACK =
            "CloudNativePG goes back to no older major version: try the upgrade with a fork first; what was before it can"
                    + " only be restored as another cluster, where there is an archive";

    /** Such as trixie; what is named otherwise is nobody's to compare. */
    private static final Pattern DISTRIBUTION = Pattern.compile(":[^@]*-(bullseye|bookworm|trixie|forky|ubi\\d+)");

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade"),
        ROLL_BACK("Ending after a failure");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public Duration deadline() {
            return Duration.ofMinutes(2);
        }
    }

    PrecheckOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.CHECK_UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) {
        return switch (step) {
            case CHECK -> {
                UpgradeFacts found = look(projection, task.wish());
                task.keep(found);
                Map<String, Object> receipt = new LinkedHashMap<>();
                receipt.put("method", found.requiredMethod().text());
                receipt.put("method_reason", found.reason());
                receipt.put("interrupts", true);
                receipt.put("version", found.semanticVersion());
                receipt.put("image", found.requiredUpdate().image());
                receipt.put("undo_problem", found.undoProblem());
                yield Next.done(receipt);
            }
            case ROLL_BACK -> Next.done(null);
        };
    }

    /**
     * @return how it is done
     * @throws OperationFailed with everything that stands in the way
     */
    static UpgradeFacts look(Projection projection, ClusterSpec wish) {
        ClusterSpec before = before(wish);
        PostgresImages.Release release = projection.newest(wish);
        String image = projection.image(wish);
        List<String> inTheWay = new ArrayList<>();
        if (wish.requiredUpgrade().method() == UpgradeFacts.Method.ONLINE) {
            inTheWay.add("the data plane kubernetes has no method online, only brief: " + HOW);
        }
        if (!PostgresImages.reachedByUpgrade(wish.version())) {
            inTheWay.add("CloudNativePG upgrades in place to PostgreSQL " + PostgresImages.FIRST_TARGET
                    + " and newer alone");
        }
        otherDistribution(image, release.image()).ifPresent(inTheWay::add);
        projection.word(wish.id()).healthy(wish.nodes()).map(Waiting::why).ifPresent(inTheWay::add);
        if (projection.archive().has(wish.id())) {
            new BackupInArchive(projection, before, wish.id(), "")
                    .archiving()
                    .map(Waiting::why)
                    .ifPresent(inTheWay::add);
        }
        String running = "";
        long bytes = 0;
        try {
            Effects effects = projection
                    .effects(before)
                    .orElseThrow(() -> new SQLException("CloudNativePG has not made the cluster's CA yet", "08000"));
            running = effects.version();
            bytes = effects.heldBytes();
            inTheWay.addAll(new UpgradeSql(effects).obstacles(before.version()));
        } catch (SQLException e) {
            inTheWay.add(unanswered(e).why());
        }
        if (!inTheWay.isEmpty()) {
            throw new OperationFailed("the cluster cannot be upgraded to " + wish.version() + " yet: "
                    + String.join("; ", inTheWay) + ". Nothing was changed.");
        }
        String oldVersion = running;
        long held = bytes;
        return UpgradeFacts.NONE.with(facts -> facts.method(UpgradeFacts.Method.BRIEF)
                .reason(HOW)
                .undoProblem(NO_WAY_BACK)
                .semanticVersion(release.version())
                .oldVersion(oldVersion)
                // Nobody has measured it.
                .pauseMs(-1)
                .bytes(held)
                .update(new ClusterFacts.Update(oldVersion, image, release.image())));
    }

    /** The same cluster before its upgrade. */
    static ClusterSpec before(ClusterSpec wish) {
        return wish.withVersion(wish.requiredUpgrade().from());
    }

    private static Optional<String> otherDistribution(String before, String after) {
        Matcher one = DISTRIBUTION.matcher(before);
        Matcher other = DISTRIBUTION.matcher(after);
        return one.find() && other.find() && !one.group(1).equals(other.group(1))
                ? Optional.of("the cluster's image is of " + one.group(1) + " and that of the new version of "
                        + other.group(1) + " (" + before + ", " + after
                        + "): pg_upgrade needs both of one distribution. Install an update first, or name another image in"
                        + " MOORING_KUBERNETES_IMAGES")
                : Optional.empty();
    }

    @Override
    protected String afterFailure() {
        return "Nothing was changed.";
    }
}
