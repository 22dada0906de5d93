package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.postgresql.PGConnection;

/**
 * What a database has beside its content: settings, comment, the number of connections. The {@link Loader} sets it, as its owner: a setting
 * that only a superuser may make is refused by the server.
 */
final class DatabaseProperties {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*(\\.[A-Za-z_][A-Za-z0-9_$]*)?");
    private static final int UNLIMITED = -1;

    private static final String SETTINGS = "select coalesce(r.rolname, ''), split_part(c.entry, '=', 1),"
            + " substr(c.entry, strpos(c.entry, '=') + 1) from pg_db_role_setting s join pg_database d on d.oid ="
            + " s.setdatabase left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) as c (entry)"
            + " where d.datname = current_database() order by 1, 2";

    private static final String OTHER_ROLES = "select distinct r.rolname from pg_shdepend s join pg_roles r"
            + " on r.oid = s.refobjid where s.refclassid = 'pg_authid'::regclass and r.rolname <> current_user"
            + " and (s.dbid = (select oid from pg_database where datname = current_database()) or s.classid ="
            + " 'pg_database'::regclass and s.objid = (select oid from pg_database where datname = current_database()))"
            + " order by 1 limit 21";

    private DatabaseProperties() {}

    private record Setting(String role, String name, String value) {}

    /** What will not be brought, by what the source says now. */
    static List<String> staying(Connection from, Connection superuser) throws SQLException {
        List<String> staying = new ArrayList<>();
        for (Setting setting : settings(from)) {
            if (!setting.role().isEmpty()) {
                staying.add("setting " + shown(setting.name()) + " of the role " + shown(setting.role())
                        + " in the database: the role does not come");
            }
        }
        List<String> roles = PostgresServer.strings(from, OTHER_ROLES);
        if (!roles.isEmpty()) {
            staying.add("what belongs to or was granted to " + shown(String.join(", ", roles))
                    + ": roles and rights do not come");
        }
        for (String publication : PostgresServer.strings(
                from, "select pubname from pg_publication where pubname !~ '^online_migration_' order by 1 limit 20")) {
            staying.add("publication " + shown(publication) + ": it is the source's");
        }
        if (PostgresServer.number(from, "select count(*) from pg_seclabels") > 0) {
            staying.add("security labels: nothing here reads them");
        }
        for (String object : LargeObjects.unreadable(from)) {
            staying.add("large object " + object + ": the source's user may not read it");
        }
        String locale = "select concat_ws(', ', pg_encoding_to_char(encoding), datcollate, datctype) from pg_database"
                + " where datname = ";
        String there =
                PostgresServer.strings(from, locale + "current_database()").getFirst();
        String here = PostgresServer.strings(superuser, locale + "'template0'").getFirst();
        if (!there.equals(here)) {
            staying.add("encoding and locale " + shown(there) + ": here it is " + here
                    + ", so texts may be sorted in another order");
        }
        return staying;
    }

    /**
     * @param loader opens a session of the loader for each setting, because some change what follows
     * @return what could not be brought
     */
    static List<String> bring(Connection from, Opener loader, String database) throws SQLException {
        List<String> refused = new ArrayList<>();
        String name = SchemaCopy.identifier(database);
        for (Setting setting : settings(from)) {
            if (setting.role().isEmpty()) {
                try (Connection to = loader.open(database)) {
                    set(to, name, setting);
                } catch (SQLException e) {
                    refused.add("setting " + shown(setting.name()) + " of the database: " + MigrationCheck.shown(e));
                }
            }
        }
        try (Connection to = loader.open(database);
                Statement statement = from.createStatement();
                ResultSet row = statement.executeQuery("select shobj_description(oid, 'pg_database'), datconnlimit"
                        + " from pg_database where datname = current_database()")) {
            row.next();
            if (row.getString(1) != null) {
                PostgresServer.execute(
                        to,
                        "comment on database " + name + " is '"
                                + to.unwrap(PGConnection.class).escapeLiteral(row.getString(1)) + "'");
            }
            if (row.getInt(2) > UNLIMITED) {
                PostgresServer.execute(to, "alter database " + name + " connection limit " + row.getInt(2));
            }
        }
        return refused;
    }

    @FunctionalInterface
    interface Opener {
        Connection open(String database) throws SQLException;
    }

    /** From the session's own value: the server itself knows which ones are lists, and how they are written. */
    private static void set(Connection to, String database, Setting setting) throws SQLException {
        if (!NAME.matcher(setting.name()).matches()) {
            throw new SQLException("not the name of a setting");
        }
        // In one transaction: the next one may be read-only by then.
        to.setAutoCommit(false);
        try (PreparedStatement session = to.prepareStatement("select pg_catalog.set_config(?, ?, false)")) {
            session.setString(1, setting.name());
            session.setString(2, setting.value());
            session.execute();
        }
        String quoted = "\"" + setting.name().replace(".", "\".\"") + "\"";
        PostgresServer.execute(to, "alter database " + database + " set " + quoted + " from current");
        to.commit();
    }

    private static List<Setting> settings(Connection from) throws SQLException {
        List<Setting> settings = new ArrayList<>();
        try (Statement statement = from.createStatement();
                ResultSet rows = statement.executeQuery(SETTINGS)) {
            while (rows.next()) {
                settings.add(new Setting(rows.getString(1), rows.getString(2), rows.getString(3)));
            }
        }
        return settings;
    }

    private static String shown(String text) {
        return MigrationCheck.shown(text);
    }
}
