package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Inhabitants;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServiceRole;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.Doors;
import dev.mooring.dataplane.local.upgrade.Kept;
import dev.mooring.dataplane.local.upgrade.LeftOut;
import dev.mooring.dataplane.local.upgrade.NewServer;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.SchemaChanged;
import dev.mooring.dataplane.local.upgrade.Side;
import dev.mooring.dataplane.local.upgrade.Triggers;
import dev.mooring.dataplane.local.upgrade.Workspace;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Goes back to the version before an upgrade. After an online one it has followed all writes since, but not changes of the schema.
 * After a brief one it is as it was left: what has been written since is named, and lost only when that is asked for.
 */
@Singleton
public class UndoUpgrade extends ClusterProgram<UndoUpgrade.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking whether something would be lost"),
        CUT_OVER("Putting the old version back in its place"),
        REMOVE("Removing the newer version"),
        GIVE_UP("Ending after a failure; the newer version serves");

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

    UndoUpgrade(LocalClusters clusters, Upgrading upgrading) {
        super("undo-upgrade", Steps.class, Steps.GIVE_UP, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
    }

    @Override
    protected Next step(Steps step, Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case CUT_OVER -> cutOver(task);
            case REMOVE -> remove(task);
            case GIVE_UP -> giveUp(task);
        };
    }

    private Next check(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        ClusterFolder previous = upgrading.previous(wish.id());
        Optional<Kept> kept = Kept.of(previous);
        if (kept.isPresent() && CutOver.begun(previous)) {
            return check(task, kept.get());
        }
        if (previous.manifest().isEmpty() || !CutOver.begun(previous)) {
            throw new OperationFailed("the version before the last upgrade is not kept any more");
        }
        Side serving = upgrading.serving(wish);
        Side old = old(wish, 0);
        old.ensureRunning();
        refuseChanges(serving, old);
        replication(serving, old).catchUp(CATCH_UP_LIMIT);
        int timeline;
        int oldTimeline;
        try (Connection connection = serving.open("postgres");
                Connection before = old.open("postgres")) {
            timeline = (int) Side.number(connection, "select timeline_id from pg_control_checkpoint()");
            oldTimeline = (int) Side.number(before, "select timeline_id from pg_control_checkpoint()");
        }
        task.keep(task.facts()
                .with(facts -> facts.semanticVersion(old.engine().version())
                        .oldTimeline(timeline)
                        .timeline(oldTimeline)
                        .tables(0)));
        task.keep(task.facts().withLimits(new Doors(serving).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    private Next check(Task<ClusterWish, UpgradeFacts> task, Kept kept) throws Exception {
        Side serving = upgrading.serving(task.wish());
        int port = upgrading.portFor(task.wish());
        refuseLosses(task.wish(), serving, kept);
        try (Connection connection = serving.open("postgres")) {
            int timeline = (int) Side.number(connection, "select timeline_id from pg_control_checkpoint()");
            task.keep(task.facts()
                    .with(facts -> facts.method(UpgradeFacts.Method.BRIEF)
                            .semanticVersion(kept.version())
                            .oldTimeline(timeline)
                            .timeline(kept.timeline())
                            .port(port)));
        }
        task.keep(task.facts().withLimits(new Doors(serving).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    private static void refuseLosses(ClusterWish wish, Side serving, Kept kept)
            throws SQLException, InterruptedException {
        if (!wish.upgrade().discard()) {
            List<String> written = kept.writtenSince(serving);
            if (!written.isEmpty()) {
                throw new OperationFailed("the upgrade cannot be undone without loss, because since then something was"
                        + " written to " + String.join("; ", written)
                        + ". With discard=true the cluster goes back to the moment of the upgrade, without that.");
            }
        }
    }

    private static void refuseChanges(Side serving, Side old) throws SQLException, InterruptedException {
        String changes = Workspace.changes(serving);
        if (!changes.isEmpty()) {
            throw new OperationFailed(
                    "the upgrade cannot be undone without loss, because the schema was changed since: " + changes
                            + ". Restore a moment before the upgrade into a new cluster instead.");
        }
        // Mooring's own come and go with what it does.
        String roles = "select rolname from pg_roles where rolname !~ '^pg_' and rolname not in ('"
                + String.join("', '", ServiceRole.allNames()) + "') order by 1";
        try (Connection connection = serving.open("postgres");
                Connection before = old.open("postgres")) {
            if (!new TreeSet<>(serving.databases()).equals(new TreeSet<>(old.databases()))
                    || !Side.strings(connection, roles).equals(Side.strings(before, roles))) {
                throw new OperationFailed(
                        "the upgrade cannot be undone without loss, because users or databases were made or"
                                + " dropped since. Restore a moment before the upgrade into a new cluster instead.");
            }
        }
    }

    private Next cutOver(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        CutOver.Roles roles = roles(task);
        boolean brief = task.facts().method() == UpgradeFacts.Method.BRIEF;
        CutOver.Result result = brief ? putBack(task.wish(), roles) : follow(task.wish(), roles);
        task.keep(task.facts()
                .with(facts -> facts.servesSince(result.servesSince().toString())
                        .pauseMs(result.pauseMs())
                        .sessionsEnded(result.sessionsEnded())
                        .comparison(
                                task.wish().upgrade().discard()
                                        ? "as it was at the moment of the upgrade"
                                        : "everything written since the upgrade is there")));
        return Next.go(Steps.REMOVE);
    }

    /** As it was left, with the passwords, users and databases of now. */
    private CutOver.Result putBack(ClusterWish wish, CutOver.Roles roles) throws Exception {
        Side old = roles.coming();
        Optional<Kept> kept = Kept.of(old.folder());
        return upgrading.cutOver(wish).run(roles, closed -> {
            refuseLosses(wish, closed, kept.orElseThrow());
            return () -> {
                old.postmaster().fence();
                new NewServer(clusters, wish, old).configure(Map.of());
                old.ensureRunning();
                new Doors(old).open(kept.orElseThrow().limits());
                try (Connection connection = old.open("postgres")) {
                    new Inhabitants(connection, old::open, clusters.vault()).settle(wish, 0);
                }
                old.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
            };
        });
    }

    private CutOver.Result follow(ClusterWish wish, CutOver.Roles roles) throws Exception {
        List<String> databases =
                CutOver.begun(roles.leaving()) ? List.of() : roles.serving().databases();
        if (!CutOver.begun(roles.leaving())) {
            // Also after a try that has failed.
            roles.serving().ensureRunning();
            roles.coming().ensureRunning();
            Triggers.quiet(roles.coming(), databases);
            replication(roles.serving(), roles.coming()).follow();
        }
        try {
            return upgrading.cutOver(wish).run(roles, (serving, coming) -> {
                Replication back = replication(serving, coming);
                back.catchUpAtOnce();
                refuseChanges(serving, coming);
                new LeftOut(serving, coming).bring(databases);
                back.hold();
                Triggers.restore(serving, coming, databases);
                // Passwords may be others since.
                try (Connection connection = coming.open("postgres")) {
                    new Inhabitants(connection, coming::open, clusters.vault()).settle(wish, 0);
                }
            });
        } catch (SchemaChanged e) {
            throw new IllegalStateException(e);
        }
    }

    private Next remove(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        boolean followed = task.facts().method() != UpgradeFacts.Method.BRIEF;
        if (followed) {
            Replication.leave(upgrading.serving(wish), Upgrading.BACK);
        }
        NewServer.remove(clusters, newer(task));
        MooringHome.deleteTree(upgrading.previous(wish.id()).root());
        if (followed) {
            Workspace.remove(upgrading.serving(wish));
        }
        return Next.done(task.facts().receipt());
    }

    private Next giveUp(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        if (CutOver.opened(upgrading.next(task.wish().id())) && task.facts().servesSince() == null) {
            task.keep(task.facts().withServesSince(Instant.now().toString()));
        }
        if (!task.facts().limits().isEmpty() && task.facts().servesSince() == null) {
            CutOver.Roles roles = roles(task);
            upgrading
                    .cutOver(task.wish())
                    .putBack(
                            roles, task.wish().withVersion(task.wish().upgrade().from()));
            if (task.facts().method() == UpgradeFacts.Method.BRIEF) {
                roles.coming().postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
            } else if (CutOver.begun(upgrading.previous(task.wish().id()))) {
                clusters.supervisor()
                        .watch(
                                upgrading.previous(task.wish().id()).key(),
                                roles.coming().postmaster());
            }
        }
        return Next.done(null);
    }

    private CutOver.Roles roles(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        Side newer = newer(task);
        Side serving = new Side(clusters, upgrading.main(wish.id()), newer.engine(), wish.port(), newer.password());
        return new CutOver.Roles(
                serving,
                old(wish, task.facts().port()),
                upgrading.next(wish.id()),
                task.facts().limits(),
                task.facts().oldTimeline(),
                task.facts().timeline());
    }

    private Side newer(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        return upgrading.beside(wish, upgrading.next(wish.id()), wish.upgrade().from(), "");
    }

    private Side old(ClusterWish wish, int port) throws Exception {
        ClusterFolder previous = upgrading.previous(wish.id());
        Optional<String> version = Kept.of(previous).map(Kept::version);
        if (version.isEmpty()) {
            version = previous.manifest().map(ClusterFolder.Manifest::version);
        }
        return upgrading.beside(wish, previous, wish.version(), version.orElse(""), port);
    }

    private static Replication replication(Side serving, Side old) throws SQLException {
        return new Replication(serving, old, Upgrading.BACK, serving.databases());
    }
}
