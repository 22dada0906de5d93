package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says whether an upgrade can be done, and what stands in the way. A small cluster's is tried out on a copy there and then. */
@Singleton
public class PrecheckUpgrade extends ClusterProgram<PrecheckUpgrade.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade"),
        TRY_OUT("Upgrading a copy that is thrown away"),
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

    private final Upgrading upgrading;
    private final BriefUpgrade brief;

    PrecheckUpgrade(LocalClusters clusters, Upgrading upgrading, BriefUpgrade brief) {
        super(Change.CHECK_UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
        this.brief = brief;
    }

    @Override
    protected boolean exclusive(Steps step) {
        return false;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> {
                UpgradeChoice choice = UpgradeChoice.of(upgrading, task.wish());
                long bytes = upgrading.size(task.wish());
                task.keep(task.facts()
                        .with(facts -> facts.method(choice.method())
                                .reason(choice.reason())
                                .bytes(bytes)));
                yield brief.triedAtOnce(task.wish(), bytes) ? Next.go(Steps.TRY_OUT) : done(task);
            }
            case TRY_OUT -> {
                if (!brief.tryOut(task)) {
                    yield Next.go(Steps.TRY_OUT);
                }
                yield done(task);
            }
            case ROLL_BACK -> {
                brief.forgetTry(task);
                yield Next.done(null);
            }
        };
    }

    private static Next done(Task<ClusterSpec, UpgradeFacts> task) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("method", task.facts().requiredMethod().text());
        if (task.facts().reason() != null) {
            result.put("method_reason", task.facts().reason());
        }
        return Next.done(result);
    }
}
