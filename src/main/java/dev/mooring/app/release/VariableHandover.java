package dev.mooring.app.release;

import dev.mooring.app.handover.Handovers;
import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.dataplane.Unanswered;
import dev.mooring.operation.Next;
import dev.mooring.operation.Task;
import dev.mooring.web.ApiException;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** What a deployment of an app does that somebody else runs: its components' variables are where they find them. */
@ApplicationScoped
class VariableHandover {

    private static final int CANNOT_NOW = 412;

    private final Handovers handovers;
    private final DeploymentContext releases;

    VariableHandover(Handovers handovers, DeploymentContext releases) {
        this.handovers = handovers;
        this.releases = releases;
    }

    Next write(Task<DeployWish, DeployFacts> task) throws Exception {
        try {
            return laidDown(task);
        } catch (Unanswered e) {
            return AskedChanges.busy(e.getMessage());
        } catch (ApiException e) {
            if (e.status() != CANNOT_NOW) {
                throw e;
            }
            return AskedChanges.busy(String.valueOf(e.getMessage()));
        }
    }

    private Next laidDown(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        return handovers
                .write(
                        wish.app().id(),
                        spec,
                        releases.environment(wish, spec, task.facts(), false),
                        new KeptProgress(task))
                .map(AskedChanges::busy)
                .orElseGet(() -> Next.go(Steps.FINISH));
    }

    /** In the deployment's facts, from which its progress is told. */
    private record KeptProgress(Task<DeployWish, DeployFacts> task) implements Handovers.Progress {

        @Override
        public void begun(String component) {
            task.keep(task.facts().begun(Steps.VARIABLES.name(), component, null));
        }

        @Override
        public void ended(String component, String note) {
            task.keep(task.facts().ended(Steps.VARIABLES.name(), component, DeployFacts.SUCCESS, note));
        }
    }

    /** What is waited for until nothing is left of components that the app no longer has; null when that is so. */
    @Nullable
    Next forget(Task<DeployWish, DeployFacts> task) {
        try {
            return handovers
                    .forget(task.wish().app().id(), Handovers.names(releases.spec(task.wish())))
                    .map(AskedChanges::busy)
                    .orElse(null);
        } catch (Unanswered e) {
            return AskedChanges.busy(e.getMessage());
        }
    }
}
