package dev.mooring.dataplane.local.postgres;

import dev.mooring.process.postgres.session.SuperuserConnection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * The roles that every server has before it has users, and how far any role can ever get. Run on a new server and, because
 * an owner who may make roles can also rename, drop and grant some of them, again whenever Mooring changes one: it writes
 * only what differs. On a connection to the database {@code postgres}, which belongs to no user.
 */
public final class ServerRoles {

    /** What a deleted user owned belongs to a role that begins with this. */
    public static final String FORMER_PREFIX = "mooring_former_";

    /** Members read and write files of the server's account, or run programs under it: that account is the superuser of all clusters. */
    private static final List<String> MACHINE =
            List.of("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files");

    /** libpq of 18 and later appends the secrets of TLS sessions to a file that a connection string names, and a subscription has one. */
    private static final String WRITES_FILES = "pg_create_subscription";

    private static final int FIRST_WITH_KEY_LOGS = 18;

    /** Mooring logs in as these for work that needs no superuser; they are none of the roles that are looked at here. */
    private static final Pattern SERVICE_ROLE =
            Pattern.compile("^mooring_(archive|replication|reader|loader|subscriber|pooler)$");

    private static final String SERVICE = "'" + SERVICE_ROLE + "'";

    /** What the administrator has, and may give on; younger majors have more of these. */
    private static final List<String> ADMINISTRATORS = List.of(
            "pg_monitor",
            "pg_signal_backend",
            "pg_read_all_data",
            "pg_write_all_data",
            "pg_checkpoint",
            "pg_create_subscription",
            "pg_use_reserved_connections",
            "pg_maintain");

    /** The bootstrap superuser's number is fixed. */
    private static final String GRANTED_TO_ADMIN = "from pg_catalog.pg_auth_members m"
            + " join pg_catalog.pg_authid r on r.oid = m.roleid join pg_catalog.pg_authid a on a.oid = m.member"
            + " where a.rolname = '" + DataTemplate.ADMIN_ROLE + "' and m.grantor = 10";

    /** From this major on CREATEROLE reaches only roles that it has the ADMIN OPTION of; before, every role but superusers. */
    private static final int BOUNDED_CREATEROLE = 16;

    private static final int VERSION_FACTOR = 10000;

    private final Connection connection;
    private final Collection<String> users;
    private final int major;
    private final List<String> healed = new ArrayList<>();

    private ServerRoles(Connection connection, Collection<String> users) throws SQLException {
        this.connection = connection;
        this.users = users;
        this.major = Integer.parseInt(one("select pg_catalog.current_setting('server_version_num')")) / VERSION_FACTOR;
    }

    /**
     * @param superuser connected to the database {@code postgres}, in autocommit mode
     * @param users made over the API, as far as they are known
     * @return what differed, in words for a log
     */
    public static List<String> settle(Connection superuser, Collection<String> users) throws SQLException {
        ServerRoles roles = new ServerRoles(superuser, users);
        roles.shutTheMachine();
        roles.administrator();
        roles.owner();
        roles.memberships();
        roles.replication();
        roles.databases();
        return roles.healed;
    }

    /**
     * Whether a role may have REPLICATION without being able to load any library that lies on the machine: a logical slot
     * names one. Servers without this setting load whatever file is named.
     */
    public static boolean replicationIsSafe(Connection superuser) throws SQLException {
        return new ServerRoles(superuser, List.of()).outputPluginsAreListed();
    }

    /** Whether sessions of the role are Mooring's own. */
    public static boolean isMoorings(String role) {
        return role.equals(SuperuserConnection.USER)
                || SERVICE_ROLE.matcher(role).matches();
    }

    private boolean outputPluginsAreListed() throws SQLException {
        return one("select 1 from pg_catalog.pg_settings where name = 'output_plugin_libraries'") != null;
    }

    /**
     * Before 16 whoever has CREATEROLE may grant every role but superusers, so these must not be there to be granted: the
     * server asks for membership by the role's number, and names that begin with pg_ cannot be made again.
     */
    private void shutTheMachine() throws SQLException {
        if (major >= BOUNDED_CREATEROLE) {
            for (List<String> grant : rows("select r.rolname, m.rolname, g.rolname from pg_catalog.pg_auth_members a"
                    + " join pg_catalog.pg_authid r on r.oid = a.roleid join pg_catalog.pg_authid m on m.oid = a.member"
                    + " join pg_catalog.pg_authid g on g.oid = a.grantor where r.rolname = any(?)")) {
                heal("revoke " + identifier(grant.get(0)) + " from " + identifier(grant.get(1)) + " granted by "
                        + identifier(grant.get(2)) + " cascade");
            }
        } else if (!rows("select rolname from pg_catalog.pg_authid where rolname = any(?)")
                .isEmpty()) {
            heal("with gone as (delete from pg_catalog.pg_authid where rolname in ('" + String.join("', '", MACHINE)
                    + "') returning oid) delete from pg_catalog.pg_auth_members m using gone"
                    + " where gone.oid in (m.roleid, m.member)");
        }
    }

    /** Roles that nobody may be a member of. */
    private List<String> machine() {
        List<String> roles = new ArrayList<>(MACHINE);
        if (major >= FIRST_WITH_KEY_LOGS) {
            roles.add(WRITES_FILES);
        }
        return roles;
    }

    private void administrator() throws SQLException {
        String admin = DataTemplate.ADMIN_ROLE;
        if (major < BOUNDED_CREATEROLE) {
            // Only a superuser gives BYPASSRLS there: whoever else has it is the administrator under another name.
            for (List<String> other :
                    rows("select rolname from pg_catalog.pg_authid where rolbypassrls and not rolsuper"
                            + " and rolname <> '" + admin + "' and rolname !~ " + SERVICE)) {
                heal(
                        exists(admin)
                                ? "alter role " + identifier(other.getFirst()) + " nobypassrls noreplication"
                                : "alter role " + identifier(other.getFirst()) + " rename to " + admin);
            }
        }
        if (!exists(admin)) {
            heal("create role " + admin + " nologin");
        }
        String replication = outputPluginsAreListed() ? "replication" : "noreplication";
        if (one("select 1 from pg_catalog.pg_authid where rolname = '" + admin + "' and rolcreatedb and rolcreaterole"
                        + " and rolbypassrls and rolinherit and rolreplication = " + replication.equals("replication"))
                == null) {
            heal("alter role " + admin + " createdb createrole bypassrls inherit " + replication);
        }
    }

    private void owner() throws SQLException {
        String owner = DataTemplate.OWNER_ROLE;
        if (!grantedByMooring(owner)) {
            List<String> renamed = renamedOwners();
            if (renamed.size() == 1) {
                if (exists(owner)) {
                    heal("alter role " + owner + " rename to mooring_displaced_"
                            + one("select oid from pg_catalog.pg_authid where rolname = '" + owner + "'"));
                }
                heal("alter role " + identifier(renamed.getFirst()) + " rename to " + owner);
            }
        }
        if (!exists(owner)) {
            heal("create role " + owner + " nologin");
        }
        if (one("select 1 from pg_catalog.pg_authid where rolname = '" + owner + "' and (rolcanlogin or rolcreatedb"
                        + " or rolcreaterole or rolreplication or rolbypassrls or rolsuper or not rolinherit"
                        + " or rolpassword is not null)")
                != null) {
            heal("alter role " + owner
                    + " nologin nocreatedb nocreaterole noreplication nobypassrls nosuperuser inherit password null");
        }
    }

    private boolean grantedByMooring(String role) throws SQLException {
        return one("select 1 " + GRANTED_TO_ADMIN + " and r.rolname = '" + role + "'") != null;
    }

    /** Of the roles that Mooring granted to the administrator all but this one are a user's, or what a user has left. */
    private List<String> renamedOwners() throws SQLException {
        return rows("select r.rolname " + GRANTED_TO_ADMIN + " and r.rolname !~ '^(pg_|" + FORMER_PREFIX + ")'"
                        + " and r.rolname !~ " + SERVICE + (users.isEmpty() ? " and not r.rolcanlogin" : "")
                        + " and exists (select from pg_catalog.pg_database d where d.datdba = r.oid)")
                .stream()
                .map(List::getFirst)
                .filter(role -> !users.contains(role))
                .toList();
    }

    private void memberships() throws SQLException {
        String owner = DataTemplate.OWNER_ROLE;
        String admin = DataTemplate.ADMIN_ROLE;
        if (!member(owner, admin, false)) {
            heal("grant " + owner + " to " + admin);
        }
        if (member(owner, admin, true)) {
            // With it the administrator could rename or drop the role. Whom it has let in stays in.
            for (List<String> other : rows("select m.rolname from pg_catalog.pg_auth_members a"
                    + " join pg_catalog.pg_authid m on m.oid = a.member"
                    + " where a.roleid = (select oid from pg_catalog.pg_authid where rolname = '" + owner + "')"
                    + " and a.grantor = (select oid from pg_catalog.pg_authid where rolname = '" + admin + "')")) {
                heal("grant " + owner + " to " + identifier(other.getFirst()));
            }
            heal("revoke admin option for " + owner + " from " + admin + " cascade");
        }
        for (String role : ADMINISTRATORS) {
            if (!machine().contains(role) && exists(role) && !member(role, admin, true)) {
                heal("grant " + role + " to " + admin + " with admin option");
            }
        }
    }

    private void replication() throws SQLException {
        if (!outputPluginsAreListed()) {
            for (List<String> role : rows("select rolname from pg_catalog.pg_authid where rolreplication"
                    + " and not rolsuper and rolname !~ " + SERVICE)) {
                heal("alter role " + identifier(role.getFirst()) + " noreplication");
            }
        }
    }

    /** Nobody but Mooring needs them, and whoever sits in template1 keeps others from making databases. */
    private void databases() throws SQLException {
        for (String database : List.of("postgres", "template1")) {
            if (one("select 1 where pg_catalog.has_database_privilege('public', '" + database + "', 'connect')")
                    != null) {
                heal("revoke connect, temporary on database " + database + " from public");
            }
        }
        String admin = DataTemplate.ADMIN_ROLE;
        if (one("select 1 where pg_catalog.has_database_privilege('" + admin + "', 'template1', 'connect')") == null) {
            // Where the client programs go that make databases.
            heal("grant connect on database template1 to " + admin);
        }
        if (one("select 1 from pg_catalog.pg_namespace where nspname = 'public'"
                        + " and pg_catalog.has_schema_privilege('public', oid, 'create')")
                != null) {
            heal("revoke create on schema public from public");
        }
    }

    private boolean exists(String role) throws SQLException {
        return one("select 1 from pg_catalog.pg_authid where rolname = '" + role + "'") != null;
    }

    /** @param admin whether with the right to give it on */
    private boolean member(String role, String member, boolean admin) throws SQLException {
        return one("select 1 from pg_catalog.pg_auth_members a join pg_catalog.pg_authid r on r.oid = a.roleid"
                        + " join pg_catalog.pg_authid m on m.oid = a.member where r.rolname = '" + role
                        + "' and m.rolname = '" + member + "'" + (admin ? " and a.admin_option" : ""))
                != null;
    }

    private void heal(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
        healed.add(sql);
    }

    private @Nullable String one(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** A parameter stands for {@link #MACHINE}. */
    private List<List<String>> rows(String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            if (query.contains("?")) {
                statement.setArray(1, connection.createArrayOf("text", MACHINE.toArray()));
            }
            List<List<String>> all = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        row.add(rows.getString(i));
                    }
                    all.add(row);
                }
            }
            return all;
        }
    }

    private String identifier(String name) throws SQLException {
        return connection.unwrap(PGConnection.class).escapeIdentifier(name);
    }
}
