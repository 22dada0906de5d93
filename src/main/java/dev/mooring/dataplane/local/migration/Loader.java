package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.session.RoleConnection;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Who makes in the cluster what the source sends. The source may send any SQL, so this is a role that is no superuser, owns nothing but
 * the databases that are brought, and is a member of nothing: whatever runs as it stays in there. The users of the cluster are its
 * members, so they can read what has come so far; when all has come it is theirs.
 */
final class Loader {

    static final String ROLE = ServiceRole.LOADER.roleName();
    /** Writes replicated rows; a role apart, because the users are members of the loader, and this one's subscriptions are not theirs. */
    static final String SUBSCRIBER = ServiceRole.SUBSCRIBER.roleName();

    private static final int FIRST_WITH_UNPRIVILEGED_OWNERS = 16;

    private final PostgresServer target;
    private final String password;

    private Loader(PostgresServer target, String password) {
        this.target = target;
        this.password = password;
    }

    /** From now on nobody else can log in as it. */
    static Loader admit(PostgresServer target) throws SQLException {
        try (Connection connection = target.open("postgres")) {
            Loader loader = new Loader(target, ServiceRole.LOADER.renew(connection));
            ServiceRole.SUBSCRIBER.renew(connection);
            boolean ownersWrite = unprivilegedOwners(connection);
            if (ownersWrite) {
                // Replicated rows are written as the owner of the table, also where policies bind owners.
                PostgresServer.execute(connection, "alter role " + ROLE + " bypassrls");
            }
            PostgresServer.execute(
                    connection,
                    "grant " + ROLE + " to " + DataTemplate.OWNER_ROLE
                            + (ownersWrite ? " with inherit true, set false" : ""),
                    "grant " + ROLE + " to " + SUBSCRIBER);
            return loader;
        }
    }

    Connection open(String database) throws SQLException {
        return RoleConnection.open(target.clusters().reach(), target.port(), database, ROLE, password);
    }

    Tools tools(Engine installation) {
        return Tools.as(
                ROLE,
                installation,
                target.clusters().account(),
                target.clusters().reach(),
                password);
    }

    /**
     * Lets the subscription act for the subscriber; it must not have been enabled before. Up to version 15 only a superuser can be given
     * one, but whoever owns one later need not be any: no other session ever sees the superuser that there is inside of this transaction.
     */
    static void giveAway(Connection superuser, String subscription) throws SQLException {
        String giving = "alter subscription " + subscription + " owner to " + SUBSCRIBER;
        if (unprivilegedOwners(superuser)) {
            PostgresServer.execute(superuser, giving);
            return;
        }
        superuser.setAutoCommit(false);
        try {
            PostgresServer.execute(
                    superuser,
                    "alter role " + SUBSCRIBER + " superuser",
                    giving,
                    "alter role " + SUBSCRIBER + " nosuperuser");
            superuser.commit();
        } finally {
            superuser.rollback();
            superuser.setAutoCommit(true);
        }
    }

    /** Done while no triggers run in sessions of the loader that ask for it. */
    @FunctionalInterface
    interface Work {
        void run() throws SQLException, IOException;
    }

    /** For servers from 15 on. The users, who are its members, can ask for it too as long as this takes, in what is theirs to write. */
    void withoutTriggers(Connection superuser, Work work) throws SQLException, IOException {
        PostgresServer.execute(superuser, "grant set on parameter session_replication_role to " + ROLE);
        try {
            work.run();
        } finally {
            PostgresServer.execute(superuser, "revoke set on parameter session_replication_role from " + ROLE);
        }
    }

    private static boolean unprivilegedOwners(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_UNPRIVILEGED_OWNERS;
    }

    /** What it made belongs to the role that all users of the cluster share, and it is gone. Subscriptions have to be gone before. */
    static void dismiss(PostgresServer target) throws SQLException, InterruptedException {
        try (Connection connection = target.open("postgres")) {
            if (!ServiceRole.LOADER.exists(connection)) {
                return;
            }
            if (!ServiceRole.SUBSCRIBER.exists(connection)) {
                ServiceRole.SUBSCRIBER.renew(connection);
            }
            // Else somebody could put something into the loader's hands while it goes.
            PostgresServer.execute(connection, "alter role " + ROLE + " nologin");
            PostgresServer.strings(
                    connection,
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + ROLE + "'");
        }
        for (String database : target.databases()) {
            try (Connection connection = target.open(database)) {
                PostgresServer.execute(
                        connection,
                        "reassign owned by " + ROLE + " to " + DataTemplate.OWNER_ROLE,
                        "drop owned by " + ROLE,
                        "drop owned by " + SUBSCRIBER + " cascade");
            }
        }
        try (Connection connection = target.open("postgres")) {
            PostgresServer.execute(connection, "drop role if exists " + SUBSCRIBER, "drop role " + ROLE);
        }
    }

    /** Made anew and empty. */
    static void makeDatabase(PostgresServer target, String database) throws SQLException {
        try (Connection connection = target.open("postgres")) {
            PostgresServer.execute(
                    connection,
                    "create database " + SchemaCopy.identifier(database) + " template template0 owner " + ROLE);
        }
    }
}
