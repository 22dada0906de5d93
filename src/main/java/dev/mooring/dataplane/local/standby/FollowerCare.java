package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.standby.Follower.State;
import dev.mooring.dataplane.local.standby.NodeRole.Change;
import dev.mooring.dataplane.local.standby.node.Standby;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Has one server follow: made where there is none, with the settings that it should have, and made anew when it cannot go on. */
final class FollowerCare {

    private static final Logger LOG = Logger.getLogger(FollowerCare.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** For so long commits go on to wait for a node that does not get the WAL any more while its server runs. */
    private static final Duration EXPECTED = Duration.ofSeconds(10);

    /** Sessions of others may call themselves the same. */
    private static final String FOLLOWING = "select state,"
            + " pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint,"
            + " extract(epoch from replay_lag)::float8,"
            + " pg_catalog.current_setting('" + PgConfig.SYNCHRONOUS + "', true) from pg_catalog.pg_stat_replication"
            + " where usename = 'postgres' and application_name = ?";

    /** To the server whoever has a name that commits wait for is as good as another one, in whatever letters; the archive's is its role's. */
    private static final String END_IMPOSTORS = "select pg_catalog.pg_terminate_backend(pid)"
            + " from pg_catalog.pg_stat_replication where pg_catalog.lower(application_name) in (?, '"
            + ServiceRole.ARCHIVE.roleName() + "') and usename not in ('postgres', '" + ServiceRole.ARCHIVE.roleName()
            + "')";

    private final LocalClusters clusters;
    private final int slot;
    private final BooleanSupplier wanted;
    /** With which settings it is as it should be. */
    private final AtomicReference<String> taken = new AtomicReference<>();

    private volatile Follower seen;
    /** Of the node whose files are here: when nodes have changed places, the one that was the primary. */
    private volatile NodeRole role = NodeRole.ABSENT;

    private volatile boolean synchronous;
    /** Between which it was seen to follow, if it was. */
    private volatile Standby.@Nullable Servers followed;
    /** Until when it follows again if it has followed; one that is found may have. */
    private volatile Instant expectedUntil = Instant.now().plus(EXPECTED);

    private volatile Instant notBefore = Instant.MIN;

    /** @param wanted whether a copy is to go on */
    FollowerCare(LocalClusters clusters, int slot, BooleanSupplier wanted) {
        this.clusters = clusters;
        this.slot = slot;
        this.wanted = wanted;
        this.seen = Follower.of(slot, State.ABSENT, null);
    }

    AtomicReference<String> taken() {
        return taken;
    }

    int slot() {
        return slot;
    }

    /** What it does now: a server that followed another one was seen to do so, and one that is gone does no more. */
    Follower seen(Standby standby) {
        Follower last = seen;
        if (last.state() != State.FOLLOWING || standby.servers().equals(followed)) {
            return last;
        }
        return standby.alive()
                ? Follower.of(slot, State.STARTING, "it has not been seen to get the WAL of this primary yet")
                : Follower.of(slot, State.DOWN, "its server is gone");
    }

    /** When nobody can say of whom it is. */
    Follower last() {
        return seen;
    }

    /** Its files are those of another node now, which has lost or handed over the primary's place. */
    void placeTaken() {
        expectedUntil = Instant.MIN;
        seen = Follower.of(slot, State.ABSENT, "it was the primary");
        if (Change.BE_REPLACED.begins(role)) {
            become(Change.BE_REPLACED);
        }
    }

    /** Whether it gets the primary's WAL again in a moment, as far as anybody can tell. */
    boolean expected(Standby standby) {
        return Instant.now().isBefore(expectedUntil) && standby.alive();
    }

    NodeRole role() {
        return role;
    }

    boolean follows() {
        return seen.state() == State.FOLLOWING;
    }

    /** Whether commits of the primary that it follows are to wait for it. */
    boolean synchronous() {
        return follows() && synchronous;
    }

    void wake() {
        notBefore = Instant.MIN;
    }

    /** @return whether there is nothing left to do for it */
    boolean seeTo(Standby standby) throws InterruptedException {
        if (Instant.now().isBefore(notBefore)) {
            return false;
        }
        OptionalLong primary = OptionalLong.empty();
        try {
            Standby.Servers servers = standby.servers();
            primary = servers.primary();
            if (!standby.whole()) {
                make(standby);
            } else if (role == NodeRole.ABSENT) {
                become(Change.FOUND);
            }
            Follower found = standby.attend() ? see(standby) : Follower.of(slot, State.STARTING, "it is being started");
            followed = servers;
            note(found, standby);
        } catch (IOException | SQLException | UncheckedIOException | OperationFailed e) {
            loseSight();
            State state = standby.alive() ? State.STARTING : State.DOWN;
            if (primary.isEmpty() || !primary.equals(standby.servingPrimary())) {
                // Nobody could follow one that goes, or comes: it says nothing of this node.
                seen = new Follower(slot, state, "the primary is not there", null, null, seen.failures());
                return false;
            }
            int failures = seen.failures() + 1;
            seen = new Follower(slot, state, e.getMessage(), null, null, failures);
            Duration pause = Duration.ofMillis(250).multipliedBy(1L << Math.min(failures, 7));
            notBefore = Instant.now().plus(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause);
            LOG.warnf(
                    "cluster %s: %s does not follow: %s",
                    standby.main().id(), standby.place().name(), e.getMessage());
        }
        return follows();
    }

    private void become(Change change) {
        role = change.of(role);
    }

    private void loseSight() {
        if (role == NodeRole.FOLLOWING) {
            become(Change.LOSE_SIGHT);
        }
    }

    private void note(Follower follower, Standby standby) {
        if (follower.state() != State.FOLLOWING) {
            loseSight();
        } else if (role != NodeRole.FOLLOWING) {
            if (role == NodeRole.STARTING) {
                LOG.infof(
                        "cluster %s: %s follows",
                        standby.main().id(), standby.place().name());
            }
            become(Change.FOLLOW);
        }
        if (follower.state() == State.FOLLOWING) {
            expectedUntil = Instant.now().plus(EXPECTED);
        }
        seen = follower;
    }

    /** A copy, or the data of a primary that was shut down for another one. */
    private void make(Standby standby) throws IOException, SQLException, InterruptedException {
        expectedUntil = Instant.MIN;
        ReentrantLock lock = clusters.supervisor().lock(standby.main().id());
        lock.lockInterruptibly();
        try {
            if (standby.holdsOldPrimary() && followsFromNowOn(standby)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        if (role != NodeRole.ABSENT) {
            become(Change.BE_REPLACED);
        }
        become(Change.COPY);
        try {
            copy(standby);
            become(Change.COPIED);
        } finally {
            if (role == NodeRole.COPYING) {
                become(Change.COPY_BROKEN_OFF);
            }
        }
    }

    /** Which is not so for one that was lost. */
    private boolean followsFromNowOn(Standby standby) throws IOException, SQLException, InterruptedException {
        role = NodeRole.PRIMARY;
        try {
            if (standby.rejoin()) {
                become(Change.HAND_OVER);
                return true;
            }
            return false;
        } finally {
            if (role == NodeRole.PRIMARY) {
                become(Change.BE_LOST);
            }
        }
    }

    private void copy(Standby standby) throws IOException, SQLException, InterruptedException {
        int failures = seen.failures();
        seen = new Follower(slot, State.COPYING, null, null, null, failures);
        standby.copy((done, total) -> {
            seen = new Follower(
                    slot,
                    State.COPYING,
                    "copied " + (done >> 20) + " of " + (total >> 20) + " MiB",
                    null,
                    null,
                    failures);
            return wanted.getAsBoolean();
        });
    }

    private Follower see(Standby standby) throws SQLException, IOException, InterruptedException {
        if (!standby.alive()) {
            return Follower.of(slot, State.DOWN, "its server is being started");
        }
        try (Connection connection = standby.primary().open("postgres");
                PreparedStatement impostors = connection.prepareStatement(END_IMPOSTORS);
                PreparedStatement statement = connection.prepareStatement(FOLLOWING)) {
            impostors.setString(1, standby.place().connection());
            impostors.execute();
            statement.setString(1, standby.place().connection());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (rows.getString(1).equals("streaming")) {
                        long bytes = Math.max(0, rows.getLong(2));
                        double seconds = rows.getDouble(3);
                        double lag = rows.wasNull() ? 0.0 : seconds;
                        synchronous = PgConfig.QUORUM.equals(rows.getString(4));
                        Optional<String> full = bytes > 0 ? standby.full() : Optional.empty();
                        if (full.isPresent()) {
                            // It connects again and again, and cannot keep what it gets: commits are not to wait for
                            // it.
                            return Follower.of(slot, State.STARTING, full.get());
                        }
                        return new Follower(slot, State.FOLLOWING, null, bytes, lag, 0);
                    }
                }
            }
        }
        if (standby.cannotCatchUp()) {
            // Nor could it take the primary's place: it would miss what is in between.
            loseSight();
            become(Change.FALL_BEHIND);
            expectedUntil = Instant.MIN;
            standby.remove();
            return Follower.of(
                    slot,
                    State.ABSENT,
                    "the primary does not have the WAL any more that it needs; it is copied afresh");
        }
        return Follower.of(slot, State.STARTING, standby.full().orElse("it does not get the primary's WAL yet"));
    }
}
