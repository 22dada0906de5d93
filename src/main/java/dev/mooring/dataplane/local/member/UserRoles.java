package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.member.RolesAndDatabases.Opener;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.ScramVerifier;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.home.Vault;
import dev.mooring.operation.OperationFailed;
import dev.mooring.time.Monotonic;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Users as roles that log in: made and changed all together or not at all, and looked at again before that is called done. */
final class UserRoles {

    private static final int TRIES = 5;
    /** A tenth of a second apart: whoever sets a password back does so as soon as it may. */
    private static final int LOOKS = 10;

    private static final Duration ENDING = Duration.ofSeconds(5);

    private final Sql sql;
    private final Opener opener;
    private final Vault vault;

    UserRoles(Sql sql, Opener opener, Vault vault) {
        this.sql = sql;
        this.opener = opener;
        this.vault = vault;
    }

    /** @param verifier of its password, as the server stores it */
    private record Change(ClusterSpec.User user, String verifier, boolean exists, boolean ownsAlone) {

        boolean of(String name) {
            return user.name().equals(name);
        }

        Change again() {
            return new Change(user, verifier, true, ownsAlone);
        }
    }

    /** Every role that is there, with whether it has a password. */
    static Map<String, Boolean> known(Sql sql) throws SQLException {
        Map<String, Boolean> known = new HashMap<>();
        for (String role : sql.list("select rolname from pg_catalog.pg_authid")) {
            known.put(role, false);
        }
        for (String role : sql.list("select rolname from pg_catalog.pg_authid where rolpassword is not null")) {
            known.put(role, true);
        }
        return known;
    }

    /**
     * Users of the wish that are new or changed, and no way in any more for those that it takes away.
     *
     * @param applied revision that the server matches already: passwords not changed since are left as they are
     * @param known as of before {@link ServerRoles#settle}, which may have made the administrator anew
     */
    void settle(ClusterSpec wish, long applied, Map<String, Boolean> known) throws SQLException {
        boolean replication = ServerRoles.replicationIsSafe(sql.connection());
        List<Change> changes = new ArrayList<>();
        for (ClusterSpec.User user : wish.users()) {
            Boolean is = known.get(user.name());
            boolean exists = is != null;
            if (is == null || user.revision() > applied || user.primary() && !is) {
                if (user.replication() && !replication && applied > 0 && (!exists || hasItsPassword(user))) {
                    // One that had it under an older Mooring still gets another password.
                    throw new OperationFailed("user " + user.name()
                            + " cannot have pg_allow_replication: this PostgreSQL "
                            + wish.version() + " lets whoever replicates load any library that lies on the machine."
                            + " Upgrade it to a version that does not.");
                }
                changes.add(new Change(
                        replication ? user : withoutReplication(user),
                        verifier(user),
                        exists,
                        wish.owners().containsValue(user.name())));
            }
        }
        List<String> absent =
                wish.absentUsers().stream().filter(known::containsKey).toList();
        if (!changes.isEmpty() || !absent.isEmpty()) {
            make(changes, absent);
        }
    }

    private boolean hasItsPassword(ClusterSpec.User user) throws SQLException {
        return stored(user).isPresent();
    }

    /** Another one of the same password would shut out those who come through a connection pool: it knows them by this one. */
    private String verifier(ClusterSpec.User user) throws SQLException {
        Optional<String> stored = stored(user);
        return stored.isPresent() ? stored.get() : ScramVerifier.of(vault.unseal(user.secret()));
    }

    /** What the server has stored, if it is of the user's password. */
    private Optional<String> stored(ClusterSpec.User user) throws SQLException {
        return sql
                .list(
                        "select rolpassword from pg_catalog.pg_authid where rolname = ? and rolpassword is not null",
                        user.name())
                .stream()
                .filter(stored -> ScramVerifier.verifies(stored, vault.unseal(user.secret())))
                .findFirst();
    }

    Map<String, String> verifiers(ClusterSpec wish) throws SQLException {
        Map<String, String> verifiers = new HashMap<>();
        for (ClusterSpec.User user : wish.users()) {
            stored(user).ifPresent(stored -> verifiers.put(user.name(), stored));
        }
        return verifiers;
    }

    void setVerifiers(Map<String, String> verifiers) throws SQLException {
        for (Map.Entry<String, String> user : verifiers.entrySet()) {
            if (sql.any(
                    "select 1 from pg_catalog.pg_authid where rolname = ? and rolpassword is distinct from ?",
                    user.getKey(),
                    user.getValue())) {
                sql.execute(
                        "alter role " + sql.identifier(user.getKey()) + " password " + sql.literal(user.getValue()));
            }
        }
    }

    private static ClusterSpec.User withoutReplication(ClusterSpec.User user) {
        return new ClusterSpec.User(
                user.name(),
                user.primary(),
                false,
                user.secret(),
                user.revision(),
                user.createsDatabases(),
                user.actsFor(),
                user.acl(),
                user.certificate());
    }

    private void make(List<Change> changes, List<String> absent) throws SQLException {
        List<String> names = new ArrayList<>(absent);
        changes.forEach(change -> names.add(change.user().name()));
        String what = (names.size() == 1 ? "user " : "users ") + String.join(", ", names) + " could not be changed";
        boolean takesAway = !absent.isEmpty() || takesAway(changes);
        List<String> stopped = stopped(changes);
        String one = names.size() == 1 ? names.getFirst() : null;
        List<Change> wanted = changes;
        for (int attempt = 1; ; attempt++) {
            List<Change> now = wanted;
            new LockGuard(opener).run(sql, what, takesAway, one, () -> inOneGo(now, absent, takesAway));
            boolean fought = attempt > 1 || takesAway && haveSessions(now);
            List<String> others = changedBack(now, fought ? LOOKS : 1);
            if (others.isEmpty()) {
                for (String role : stopped) {
                    endSessions(sql, role, " and backend_type = 'walsender'");
                }
                return;
            }
            if (attempt == TRIES) {
                throw new InTheWay(what, List.of("sessions of " + String.join(", ", others) + " change it back"));
            }
            wanted = now.stream().map(Change::again).toList();
            for (String other : others) {
                shutOut(what, wanted, other);
            }
        }
    }

    /**
     * Its sessions are faster than this: without them, and with nobody new, it cannot be changed back. The password is the new one
     * already, so that nobody is let in with the old one in the moment in which the role may log in again.
     */
    private void shutOut(String what, List<Change> changes, String name) throws SQLException {
        List<Change> own = changes.stream().filter(change -> change.of(name)).toList();
        new LockGuard(opener).run(sql, what, true, name, () -> inOneGo(own, List.of(name), true));
        for (int look = 0; look < LOOKS; look++) {
            // One that was let in at the last moment is not listed at once, and may change it back before it is ended.
            endSessions(sql, name);
            pause();
        }
    }

    /** Whether it is more than a right to replicate that comes. */
    private boolean takesAway(List<Change> changes) throws SQLException {
        for (Change change : changes) {
            if (change.exists() && (!change.user().replication() || mayReplicate(change.user()))) {
                return true;
            }
        }
        return false;
    }

    /** Who may replicate now and may not afterwards. */
    private List<String> stopped(List<Change> changes) throws SQLException {
        List<String> stopped = new ArrayList<>();
        for (Change change : changes) {
            if (!change.user().primary() && !change.user().replication() && mayReplicate(change.user())) {
                stopped.add(change.user().name());
            }
        }
        return stopped;
    }

    private boolean mayReplicate(ClusterSpec.User user) throws SQLException {
        return sql.any("select 1 from pg_catalog.pg_authid where rolname = ? and rolreplication", user.name());
    }

    /** @param alone whether others wait who change roles: else they could be faster again and again */
    private void inOneGo(List<Change> changes, List<String> absent, boolean alone) throws SQLException {
        sql.atOnce(() -> {
            if (alone) {
                sql.execute("lock table pg_catalog.pg_authid in share row exclusive mode");
            }
            for (Change change : changes) {
                createOrAlter(change);
            }
            for (String name : absent) {
                sql.execute("alter role " + sql.identifier(name) + " nologin");
            }
        });
    }

    private void createOrAlter(Change change) throws SQLException {
        ClusterSpec.User user = change.user();
        String role = sql.identifier(user.name());
        String rights = " login password " + sql.literal(change.verifier());
        if (user.primary()) {
            sql.execute("alter role " + role + rights);
            return;
        }
        sql.execute((change.exists() ? "alter role " : "create role ")
                + role
                + rights
                + (user.replication() ? " replication" : " noreplication")
                + (user.createsDatabases() ? " createdb" : ""));
        if (user.createsDatabases()) {
            // Where clients look whether a database is there before they make it.
            sql.execute("grant connect on database postgres to " + role);
        }
        if (user.actsFor() != null) {
            sql.execute("grant " + sql.identifier(user.actsFor()) + " to " + role);
        }
        if (!change.ownsAlone()) {
            sql.execute("grant " + DataTemplate.OWNER_ROLE + " to " + role);
        }
        // The administrator can look after what the users own, as a superuser would on a machine of one's own.
        sql.execute("grant " + role + " to " + DataTemplate.ADMIN_ROLE + " with admin option");
    }

    /** @param looks more than one to see also who sets a password back as fast as it can */
    private List<String> changedBack(List<Change> changes, int looks) throws SQLException {
        List<String> others = new ArrayList<>();
        for (int look = 0; look < looks && others.isEmpty(); look++) {
            if (look > 0) {
                pause();
            }
            for (Change change : changes) {
                if (!inForce(change)) {
                    others.add(change.user().name());
                }
            }
        }
        return others;
    }

    private void pause() throws SQLException {
        sql.list("select pg_catalog.pg_sleep(0.1)");
    }

    private boolean haveSessions(List<Change> changes) throws SQLException {
        for (Change change : changes) {
            if (sql.any(
                    "select 1 from pg_catalog.pg_stat_activity where usename = ?",
                    change.user().name())) {
                return true;
            }
        }
        return false;
    }

    private boolean inForce(Change change) throws SQLException {
        return sql.any(
                "select 1 from pg_catalog.pg_authid where rolname = ? and rolcanlogin and rolpassword = ?"
                        + " and (rolreplication = ? or ?)",
                change.user().name(),
                change.verifier(),
                change.user().replication(),
                change.user().primary());
    }

    /**
     * Whoever was deleted after the moment that a cluster was recovered to does not come back with it: who was made over the
     * API and is none of the wish's users has no way in.
     */
    void shutOutFormer(ClusterSpec wish) throws SQLException {
        Set<String> present =
                Set.copyOf(wish.users().stream().map(ClusterSpec.User::name).toList());
        for (String name : sql.list("select r.rolname from pg_catalog.pg_auth_members m"
                + " join pg_catalog.pg_authid o on o.oid = m.roleid join pg_catalog.pg_authid r on r.oid = m.member"
                + " where o.rolname = '" + DataTemplate.OWNER_ROLE + "' and m.grantor = 10 and r.rolcanlogin"
                + " and r.rolname <> '" + DataTemplate.ADMIN_ROLE + "'")) {
            if (!present.contains(name)) {
                sql.execute("alter role " + sql.identifier(name) + " nologin noreplication password null");
            }
        }
    }

    /** Of a role that cannot log in any more, or not with what it knows. Returns when they are over. */
    static void endSessions(Sql sql, String role) throws SQLException {
        endSessions(sql, role, "");
    }

    private static void endSessions(Sql sql, String role, String condition) throws SQLException {
        long end = Monotonic.nanos() + ENDING.toNanos();
        String sessions = " from pg_catalog.pg_stat_activity where usesysid ="
                + " (select oid from pg_catalog.pg_authid where rolname = ?)" + condition;
        while (sql.any("select pg_catalog.pg_terminate_backend(pid)" + sessions, role)) {
            if (Monotonic.nanos() > end) {
                throw new InTheWay(
                        "sessions of " + role + " do not end",
                        sql.list("select 'process ' || pid || ', ' || coalesce(wait_event, state)" + sessions, role));
            }
            sql.list("select pg_catalog.pg_sleep(0.01)");
        }
    }
}
