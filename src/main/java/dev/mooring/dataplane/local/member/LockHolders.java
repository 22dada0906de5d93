package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.local.member.RolesAndDatabases.Opener;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.time.Monotonic;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Those who hold the locks that a session waits for. Any user can keep a role's row locked by an open transaction that
 * changes its own password; what takes rights away must not wait for that.
 */
final class LockHolders implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(LockHolders.class);

    /** Before that nobody looks: almost nothing ever waits. */
    private static final Duration FIRST_LOOK = Duration.ofMillis(200);

    private static final Duration EVERY = Duration.ofMillis(100);
    /** So long sessions of others than the user whom the change is about may finish what they do. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final String HOLDERS = "select b.pid, a.usename, a.state, coalesce(a.xact_start, a.backend_start)"
            + " from pg_catalog.unnest(pg_catalog.pg_blocking_pids(?)) as b (pid)"
            + " left join pg_catalog.pg_stat_activity a on a.pid = b.pid";

    /** Locks of prepared transactions have no process; each holds that of its own number, by which it is known. */
    private static final String PREPARED = "select distinct p.gid, p.database, p.owner, p.prepared from"
            + " pg_catalog.pg_prepared_xacts p join pg_catalog.pg_locks x on x.pid is null and x.locktype ="
            + " 'transactionid' and x.transactionid = p.transaction join pg_catalog.pg_locks h on h.pid is null and"
            + " h.granted and h.virtualtransaction = x.virtualtransaction join pg_catalog.pg_locks l on l.pid = ? and not"
            + " l.granted and row(l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid,"
            + " l.classid, l.objid, l.objsubid) is not distinct from row(h.locktype, h.database, h.relation, h.page,"
            + " h.tuple, h.virtualxid, h.transactionid, h.classid, h.objid, h.objsubid)";

    private final int waiting;
    private final Opener opener;
    private final boolean ended;
    private final @Nullable String user;
    private final CountDownLatch done = new CountDownLatch(1);
    private final Map<String, String> seen = new LinkedHashMap<>();
    private final Thread watch;
    private final long begun = Monotonic.nanos();

    /**
     * @param waiting process of the session that may have to wait
     * @param ended whether the holders' sessions are ended, the user's own at once; else they are only named
     * @param user whom the change is about
     */
    LockHolders(int waiting, Opener opener, boolean ended, @Nullable String user) {
        this.waiting = waiting;
        this.opener = opener;
        this.ended = ended;
        this.user = user;
        this.watch = Thread.ofVirtual().name("lock-holders-" + waiting).start(this::watch);
    }

    /** Who was in the way last, each with its process, user and since when. */
    List<String> last() {
        synchronized (seen) {
            return List.copyOf(seen.values());
        }
    }

    private void watch() {
        try {
            if (done.await(FIRST_LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            try (Connection connection = opener.open("postgres")) {
                do {
                    look(connection);
                } while (!done.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
            }
        } catch (SQLException e) {
            LOG.warnf("cannot look who holds the locks that process %d waits for: %s", waiting, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Connection connection) throws SQLException {
        Map<String, String> now = new LinkedHashMap<>();
        boolean prepared = false;
        try (PreparedStatement statement = connection.prepareStatement(HOLDERS)) {
            statement.setInt(1, waiting);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    int pid = rows.getInt(1);
                    String who = rows.getString(2);
                    if (pid == 0) {
                        prepared = true;
                    } else if (who != null) {
                        String words = "process " + pid + " of " + who + ", " + rows.getString(3)
                                + ", in a transaction since " + rows.getString(4);
                        now.put(Integer.toString(pid), words);
                        if (ended && !ServerRoles.isMoorings(who) && (who.equals(user) || graceIsOver())) {
                            end(connection, pid, words);
                        }
                    }
                }
            }
        }
        if (prepared) {
            lookAtPrepared(connection, now);
        }
        if (!now.isEmpty()) {
            synchronized (seen) {
                seen.clear();
                seen.putAll(now);
            }
        }
    }

    private boolean graceIsOver() {
        return Monotonic.nanos() - begun > GRACE.toNanos();
    }

    private static void end(Connection connection, int pid, String words) throws SQLException {
        LOG.infof("a change that takes rights away ends %s", words);
        new Sql(connection).list("select pg_catalog.pg_terminate_backend(?)", pid);
    }

    private void lookAtPrepared(Connection connection, Map<String, String> now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PREPARED)) {
            statement.setInt(1, waiting);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String gid = rows.getString(1);
                    String owner = rows.getString(3);
                    now.put(
                            gid,
                            "the prepared transaction " + gid + " of " + owner + " in " + rows.getString(2) + " since "
                                    + rows.getString(4));
                    if (ended && (owner.equals(user) || graceIsOver())) {
                        LOG.infof("a change that takes rights away rolls back %s", now.get(gid));
                        try {
                            rollBack(opener, rows.getString(2), gid);
                        } catch (SQLException e) {
                            // It ends by itself at this moment, or is named when the change gives up.
                            LOG.warnf("%s could not be rolled back: %s", now.get(gid), e.getMessage());
                        }
                    }
                }
            }
        }
    }

    /** Only possible in the database where it was prepared. */
    static void rollBack(Opener opener, String database, String gid) throws SQLException {
        try (Connection inside = opener.open(database)) {
            Sql sql = new Sql(inside);
            sql.execute("rollback prepared " + sql.literal(gid));
        }
    }

    @Override
    public void close() {
        done.countDown();
        try {
            watch.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
