package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.upgrade.Aftercare;
import dev.mooring.dataplane.local.upgrade.Conversion;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.DiskFull;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The brief way to a new major version: a physical copy follows the server that serves until nobody can write any more, and
 * becomes the new version by pg_upgrade. The same is done before with a copy that is thrown away.
 */
@Singleton
class BriefUpgrade {

    /** Copied and upgraded within a request: bytes of all databases, and tables, indexes and the like in them. */
    private static final long SMALL = 1L << 30;

    private static final long FEW = 5_000;
    /** A try says something of a while only. */
    private static final Duration TRY_LASTS = Duration.ofMinutes(5);

    private static final Duration GLANCE = Duration.ofMillis(300);
    private static final long CLOSE = 1L << 20;

    private final Upgrading upgrading;
    private final Clock clock;

    BriefUpgrade(Upgrading upgrading, Clock clock) {
        this.upgrading = upgrading;
        this.clock = clock;
    }

    /** Whether trying it takes no longer than somebody waits for an answer. */
    boolean triedAtOnce(ClusterSpec wish, long bytes) throws IOException, SQLException, InterruptedException {
        return bytes <= SMALL && upgrading.serving(wish).relations() <= FEW;
    }

    /** Whether the same has been tried just before. */
    boolean tried(ClusterSpec wish) throws IOException {
        Path mark = mark(wish);
        return Files.exists(mark)
                && Files.getLastModifiedTime(mark)
                        .toInstant()
                        .isAfter(clock.instant().minus(TRY_LASTS));
    }

    private Path mark(ClusterSpec wish) {
        return upgrading.main(wish.id()).root().resolve("tried-" + wish.version());
    }

    /**
     * @return false when it was cut short because the operation is to be cancelled
     * @throws OperationFailed with what stands in the way
     */
    boolean tryOut(Task<ClusterSpec, UpgradeFacts> task) throws IOException, SQLException, InterruptedException {
        ClusterSpec wish = task.wish();
        PostgresServer serving = upgrading.serving(wish);
        Conversion conversion = tryout(task, upgrading.anyFreePort());
        try {
            conversion.prepare(progress(task));
            Upgrading.counted(task, () -> conversion.convert(new ConnectionGate(serving).limits(), false, 1));
        } catch (CopyProgress.Stopped e) {
            return false;
        } catch (CrashedTooOften | DiskFull e) {
            throw e;
        } catch (OperationFailed e) {
            throw UpgradeChoice.refused(
                    wish, "a copy of it was upgraded to see whether that works, and " + e.getMessage());
        } finally {
            conversion.remove();
        }
        MooringHome.write(mark(wish), "", "rw-------");
        return true;
    }

    /** What a try has left that was cut short; asks nothing of the server where none was begun. */
    void forgetTry(Task<ClusterSpec, UpgradeFacts> task) throws IOException, SQLException, InterruptedException {
        ClusterFolder main = upgrading.main(task.wish().id());
        if (main.manifest().isPresent()
                && Files.exists(main.side("copy" + suffix(task)).root())) {
            tryout(task, 0).remove();
        }
    }

    private static String suffix(Task<ClusterSpec, UpgradeFacts> task) {
        return "-" + task.id().toString().substring(0, 8);
    }

    private Conversion tryout(Task<ClusterSpec, UpgradeFacts> task, int port) throws IOException {
        ClusterSpec wish = task.wish();
        String name = suffix(task);
        ClusterFolder main = upgrading.main(wish.id());
        PostgresServer serving = upgrading.serving(wish);
        return new Conversion(
                wish,
                serving,
                new PostgresServer(
                        upgrading.clusters, main.side("copy" + name), serving.engine(), port, serving.password()),
                new PostgresServer(
                        upgrading.clusters,
                        main.side("new" + name),
                        upgrading.clusters.engines().engine(wish.version()),
                        port,
                        serving.password()),
                false);
    }

    /** @return false when it was cut short because the operation is to be cancelled */
    boolean copy(Task<ClusterSpec, UpgradeFacts> task) throws IOException, SQLException, InterruptedException {
        upgrading.abandon(task.wish(), task.facts());
        task.keep(task.facts().withPort(upgrading.portFor(task.wish())));
        try {
            conversion(task).prepare(progress(task));
            return true;
        } catch (CopyProgress.Stopped e) {
            return false;
        }
    }

    /** @return null once it has nearly everything */
    @Nullable
    Next follow(Task<ClusterSpec, UpgradeFacts> task) throws IOException, SQLException, InterruptedException {
        Conversion conversion = conversion(task);
        long behind = conversion.behind();
        if (behind > CLOSE) {
            return Next.waitFor(GLANCE, "the copy has " + behind + " bytes of WAL to replay");
        }
        conversion.checkpoint();
        return null;
    }

    /** Whether the copy is as it has to be for {@link #cutOver}. */
    boolean ready(Task<ClusterSpec, UpgradeFacts> task) throws IOException, SQLException {
        return conversion(task).prepared();
    }

    CutOver.Result cutOver(Task<ClusterSpec, UpgradeFacts> task, CutOver.Roles roles)
            throws IOException, SQLException, InterruptedException {
        Conversion conversion = conversion(task);
        AtomicReference<Conversion.Converted> converted = new AtomicReference<>();
        CutOver.Result result = upgrading.cutOver(task.wish()).run(roles, closed -> {
            conversion.takeLeave(closed);
            return () -> converted.set(
                    Upgrading.counted(task, () -> conversion.convert(roles.limits(), true, roles.comingTimeline())));
        });
        if (converted.get() != null) {
            upgrading.keep(task, converted.get().definitions(), List.of());
            task.keep(task.facts().withFollowUp(converted.get().notes()));
        }
        conversion.removeCopy();
        Files.deleteIfExists(mark(task.wish()));
        return result;
    }

    /** The new version has few or none of its own; without them its first queries are slow. */
    void statistics(Task<ClusterSpec, UpgradeFacts> task) throws IOException, SQLException, InterruptedException {
        List<String> notes = new ArrayList<>(task.facts().followUp());
        new Aftercare(upgrading.serving(task.wish()))
                .take().stream().filter(note -> !notes.contains(note)).forEach(notes::add);
        task.keep(task.facts().withFollowUp(notes));
    }

    private Conversion conversion(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        return upgrading.conversion(task.wish(), task.facts());
    }

    static CopyProgress progress(Task<ClusterSpec, UpgradeFacts> task) {
        return (done, total) -> {
            task.progress(done, total, "bytes");
            return !task.cancelRequested();
        };
    }
}
