package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.RolesAndDatabases;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.FolderExchange;
import dev.mooring.dataplane.local.upgrade.Glance;
import dev.mooring.dataplane.local.upgrade.Kept;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.ReplicationEnd;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.PortTaken;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Sequences;
import dev.mooring.dataplane.local.upgrade.server.TargetServer;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Postmaster;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Goes back to the version before an upgrade. It is as it was left, or has followed what was written since as far as logical decoding
 * carries that. What would be lost is named, and lost only when that is asked for.
 */
@Singleton
public class UndoUpgrade extends ClusterProgram<UndoUpgrade.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking whether something would be lost"),
        CUT_OVER("Putting the old version back in its place"),
        REMOVE("Removing the newer version"),
        ROLL_BACK("Ending after a failure; the newer version serves");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public boolean cancellable() {
            return this == CHECK;
        }
    }

    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(30);

    private final Upgrading upgrading;
    private final Clock clock;

    UndoUpgrade(LocalClusters clusters, Upgrading upgrading, Clock clock) {
        super(Change.UNDO_UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
        this.clock = clock;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        try {
            return part(step, task);
        } catch (PortTaken e) {
            return upgrading.waitOrTakeAnother(task, e);
        }
    }

    private Next part(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case CUT_OVER -> cutOver(task);
            case REMOVE -> remove(task);
            case ROLL_BACK -> giveUp(task);
        };
    }

    private Next check(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        Kept kept = kept(wish);
        PostgresServer serving = upgrading.serving(wish);
        // One that follows has a port already.
        int port = kept.follows() ? portOfFollowing(task) : upgrading.portFor(wish);
        refuseLosses(wish, serving, kept);
        if (kept.follows()) {
            PostgresServer old = old(wish, port);
            old.ensureRunning();
            catchUp(wish, back(serving, old, kept.stillThere(serving, old)));
        }
        try (Connection connection = serving.open("postgres")) {
            int timeline = (int) PostgresServer.number(connection, "select timeline_id from pg_control_checkpoint()");
            task.keep(task.facts()
                    .with(facts -> facts.semanticVersion(kept.version())
                            .oldTimeline(timeline)
                            .timeline(kept.timeline())
                            .port(port)));
        }
        task.keep(task.facts().withLimits(new ConnectionGate(serving).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    private int portOfFollowing(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        Optional<ClusterFolder.Manifest> manifest =
                upgrading.previous(task.wish().id()).manifest();
        return task.facts().port() != 0
                ? task.facts().port()
                : manifest.map(ClusterFolder.Manifest::port).orElse(0);
    }

    private Kept kept(ClusterSpec wish) throws IOException {
        ClusterFolder previous = upgrading.previous(wish.id());
        return Kept.of(previous)
                .filter(kept -> FolderExchange.begun(previous) || FolderExchange.begun(upgrading.next(wish.id())))
                .orElseThrow(() -> new OperationFailed("the version before the last upgrade is not kept any more"));
    }

    /** What does not come any more is lost where that is asked for, like what never comes. */
    private static void catchUp(ClusterSpec wish, Replication back) throws SQLException, InterruptedException {
        try {
            back.resume();
            back.catchUp(CATCH_UP_LIMIT);
        } catch (OperationFailed e) {
            if (!wish.requiredUpgrade().discard()) {
                throw e;
            }
        }
    }

    private static void refuseLosses(ClusterSpec wish, PostgresServer serving, Kept kept)
            throws SQLException, InterruptedException {
        if (!wish.requiredUpgrade().discard()) {
            refuse(kept, kept.lost(serving));
        }
    }

    private static void refuse(Kept kept, List<String> lost) {
        if (!lost.isEmpty()) {
            throw new OperationFailed("the upgrade cannot be undone without loss, because this was made or written"
                    + " since: " + String.join("; ", lost)
                    + ". With discard=true the cluster goes back without that"
                    + (kept.follows() ? "." : ", to the moment of the upgrade."));
        }
    }

    /** With which a look at what would be lost is quick, once nobody can write; null where nobody looks any more. */
    private static @Nullable Glance glance(ClusterSpec wish, CutOver.Roles roles, Kept kept)
            throws SQLException, IOException, InterruptedException {
        if (wish.requiredUpgrade().discard() || FolderExchange.begun(roles.leaving())) {
            return null;
        }
        roles.serving().ensureRunning();
        Glance glance = Glance.at(roles.serving());
        // After it: what is not among this is seen by the glance.
        refuseLosses(wish, roles.serving(), kept);
        return glance;
    }

    private Next cutOver(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        CutOver.Roles roles = roles(task);
        Next wait = upgrading.awaitTransactions(task, roles);
        if (wait != null) {
            return wait;
        }
        Kept kept = kept(wish);
        CutOver.Result result = kept.follows() ? follow(wish, roles, kept) : putBack(wish, roles, kept);
        task.keep(task.facts()
                .with(facts -> facts.servesSince(result.servesSince().toString())
                        .pauseMs(result.pauseMs())
                        .pools(result.pools())
                        .ended(result.ended())
                        .comparison(
                                !wish.requiredUpgrade().discard()
                                        ? "everything written since the upgrade is there"
                                        : kept.follows()
                                                ? "what was written since the upgrade is there as far as it could follow"
                                                : "as it was at the moment of the upgrade")));
        return Next.go(Steps.REMOVE);
    }

    /** As it was left, with the passwords, users and databases of now, and no number of a sequence twice where nothing is discarded. */
    private CutOver.Result putBack(ClusterSpec wish, CutOver.Roles roles, Kept kept) throws Exception {
        PostgresServer old = roles.coming();
        Glance glance = glance(wish, roles, kept);
        return upgrading.cutOver(wish).run(roles, closed -> {
            if (!wish.requiredUpgrade().discard()) {
                refuse(kept, kept.lost(closed, glance));
            }
            Map<String, String> verifiers = verifiers(wish, closed);
            boolean discard = wish.requiredUpgrade().discard();
            Sequences sequences = new Sequences(discard ? List.of() : closed.everyDatabase());
            sequences.lookAt(closed);
            Map<String, Integer> limits = new ConnectionGate(closed).closed();
            return () -> {
                old.postmaster().fence();
                new TargetServer(clusters, wish, old).configure(Map.of());
                old.ensureRunning();
                ConnectionGate gate = new ConnectionGate(old);
                if (discard) {
                    gate.open(kept.limits());
                } else {
                    gate.openAs(limits);
                }
                sequences.giveTo(old);
                settle(wish, old, verifiers);
                old.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
            };
        });
    }

    private CutOver.Result follow(ClusterSpec wish, CutOver.Roles roles, Kept kept) throws Exception {
        if (FolderExchange.begun(roles.leaving())) {
            return upgrading.cutOver(wish).run(roles, (serving, coming) -> {});
        }
        // Also after a try that has failed.
        roles.serving().ensureRunning();
        roles.coming().ensureRunning();
        List<String> databases = kept.stillThere(roles.serving(), roles.coming());
        Replication back = back(roles.serving(), roles.coming(), databases);
        catchUp(wish, back);
        Glance glance = glance(wish, roles, kept);
        Sequences sequences = new Sequences(databases);
        sequences.bring(roles.serving(), roles.coming());
        return upgrading.cutOver(wish).run(roles, (serving, coming) -> {
            if (!wish.requiredUpgrade().discard()) {
                back.between(serving, coming).catchUpAtOnce();
                refuse(kept, kept.lost(serving, glance));
            }
            sequences.bring(serving, coming);
            back(serving, coming, kept.databases()).hold();
            settle(wish, coming, verifiers(wish, serving));
        });
    }

    private Map<String, String> verifiers(ClusterSpec wish, PostgresServer serving) throws SQLException {
        try (Connection connection = serving.open("postgres")) {
            return new RolesAndDatabases(connection, serving::open, clusters.vault()).verifiers(wish);
        }
    }

    private void settle(ClusterSpec wish, PostgresServer old, Map<String, String> verifiers) throws SQLException {
        try (Connection connection = old.open("postgres")) {
            RolesAndDatabases inhabitants = new RolesAndDatabases(connection, old::open, clusters.vault());
            inhabitants.settle(wish, 0);
            inhabitants.setVerifiers(verifiers);
            inhabitants.shutOutFormer(wish);
        }
    }

    private Next remove(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        PostgresServer serving = upgrading.serving(wish);
        ReplicationEnd.leave(serving, Upgrading.BACK);
        ReplicationEnd.unpublish(serving, Upgrading.THERE);
        TargetServer.remove(clusters, newer(task));
        MooringHome.deleteTree(upgrading.previous(wish.id()).root());
        return Next.done(task.facts().receipt());
    }

    private Next giveUp(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        if (FolderExchange.opened(upgrading.next(wish.id())) && task.facts().servesSince() == null) {
            task.keep(task.facts().withServesSince(clock.instant().toString()));
        }
        if (!task.facts().limits().isEmpty() && task.facts().servesSince() == null) {
            CutOver.Roles roles = roles(task);
            upgrading
                    .cutOver(wish)
                    .putBack(roles, wish.withVersion(wish.requiredUpgrade().from()));
            if (!kept(wish).follows()) {
                roles.coming().postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
            } else if (FolderExchange.begun(upgrading.previous(wish.id()))) {
                clusters.supervisor()
                        .watch(
                                upgrading.previous(wish.id()).key(),
                                roles.coming().postmaster());
            }
        }
        return Next.done(null);
    }

    private CutOver.Roles roles(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        PostgresServer newer = newer(task);
        PostgresServer serving =
                new PostgresServer(clusters, upgrading.main(wish.id()), newer.engine(), wish.port(), newer.password());
        return new CutOver.Roles(
                serving,
                old(wish, task.facts().port()),
                upgrading.next(wish.id()),
                task.facts().limits(),
                task.facts().oldTimeline(),
                task.facts().timeline());
    }

    private PostgresServer newer(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        return upgrading.beside(
                wish, upgrading.next(wish.id()), wish.requiredUpgrade().from(), "");
    }

    private PostgresServer old(ClusterSpec wish, int port) throws Exception {
        ClusterFolder previous = upgrading.previous(wish.id());
        Optional<String> version = Kept.of(previous).map(Kept::version);
        if (version.isEmpty()) {
            version = previous.manifest().map(ClusterFolder.Manifest::version);
        }
        return upgrading.beside(wish, previous, wish.version(), version.orElse(""), port);
    }

    private static Replication back(PostgresServer serving, PostgresServer old, List<String> databases) {
        return new Replication(serving, old, Upgrading.BACK, databases);
    }
}
