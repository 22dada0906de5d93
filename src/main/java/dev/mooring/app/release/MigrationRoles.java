package dev.mooring.app.release;

import dev.mooring.app.release.rehearsal.RestorePoint;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.process.postgres.session.PinnedSockets;
import dev.mooring.process.postgres.session.SaslOnly;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

/**
 * Whom the things belong to that migrations make. They run as a user of their own; what they have made has to be usable by
 * the app's at once, for the version that runs may need it, and belongs to the app's user when they are over.
 */
@ApplicationScoped
class MigrationRoles {

    static final String LOCK_TIMEOUT = "3s";

    private static final int CONNECT_SECONDS = 20;
    private static final String INVALID_CATALOG = "3D000";

    private final DeploymentContext releases;
    private final AppBindings bindings;
    private final OutboundPolicy policy;

    MigrationRoles(DeploymentContext releases, AppBindings bindings, OutboundPolicy policy) {
        this.releases = releases;
        this.bindings = bindings;
        this.policy = policy;
    }

    /** Who migrates, and for whom; null where they are the same or nobody migrates. */
    private record Pair(AppBindings.Bound admin, AppBindings.Bound user) {}

    private @Nullable Pair pair(Task<DeployWish, DeployFacts> task) throws Exception {
        AppBindings.Bound admin = bound(task, true);
        AppBindings.Bound user = bound(task, false);
        return admin == null || user == null || admin.user().equals(user.user()) ? null : new Pair(admin, user);
    }

    /** The database as the one who migrates sees it. */
    AppBindings.@Nullable Bound migrates(Task<DeployWish, DeployFacts> task) throws Exception {
        return bound(task, true);
    }

    private AppBindings.@Nullable Bound bound(Task<DeployWish, DeployFacts> task, boolean job) throws Exception {
        Map<String, AppBindings.Bound> bound = releases.databases(task.wish()).bound();
        return ComponentPlan.runnable(releases.spec(task.wish())).stream()
                .filter(part -> part.component().archive() != null)
                .filter(part -> part.kind() == (job ? AppSpec.Kind.JOB : AppSpec.Kind.SERVICE))
                .map(part -> bound.get(part.component().archive().database()))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** The last moment before migrations run. */
    @Nullable
    RestorePoint restorePoint(Task<DeployWish, DeployFacts> task) throws Exception {
        AppBindings.Bound admin = migrates(task);
        if (admin == null) {
            return null;
        }
        try (Connection connection = open(admin, admin.database());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(RestorePoint.QUERY)) {
            rows.next();
            return new RestorePoint(
                    admin.cluster().id(),
                    admin.cluster().name(),
                    rows.getString(1),
                    rows.getTimestamp(2).toInstant());
        } catch (SQLException e) {
            if (INVALID_CATALOG.equals(e.getSQLState())) {
                // A linked server where the first migration makes the database.
                return null;
            }
            throw e;
        }
    }

    /** Before migrations run. */
    void prepare(Task<DeployWish, DeployFacts> task) throws Exception {
        settle(task, true);
    }

    /** After they have, whether they failed or not. */
    void handOver(Task<DeployWish, DeployFacts> task) throws Exception {
        settle(task, false);
    }

    private void settle(Task<DeployWish, DeployFacts> task, boolean grants) throws Exception {
        Pair pair = pair(task);
        if (pair == null) {
            return;
        }
        String database = pair.admin().database();
        try {
            for (String name : databases(pair.admin(), database)) {
                try (Connection connection = open(pair.admin(), name);
                        Statement statement = connection.createStatement()) {
                    String user = connection
                            .unwrap(PGConnection.class)
                            .escapeIdentifier(pair.user().user());
                    String admin = connection
                            .unwrap(PGConnection.class)
                            .escapeIdentifier(pair.admin().user());
                    if (grants) {
                        if (!pair.admin().cluster().linked()) {
                            // A migration that waits for a lock makes everybody behind it wait as well.
                            statement.execute("alter role " + admin + " set lock_timeout = '" + LOCK_TIMEOUT + "'");
                        }
                        for (String kind : List.of("tables", "sequences", "functions", "types", "schemas")) {
                            statement.execute("alter default privileges grant all on " + kind + " to " + user);
                        }
                    }
                    statement.execute("reassign owned by " + admin + " to " + user);
                }
            }
        } catch (SQLException e) {
            if (e.getSQLState() != null && e.getSQLState().startsWith("08")) {
                throw e;
            }
            throw new OperationFailed("the tables of " + database + " could not be prepared: " + e.getMessage(), e);
        }
    }

    /** The app's database and those of the SDK beside it, as far as they are there. */
    private List<String> databases(AppBindings.Bound admin, String database) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = open(admin, database);
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select datname from pg_database where datname = current_database()"
                                + " or datname = current_database() || '_dbos_sys'")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    /** As the one who migrates. Names without a schema are PostgreSQL's own. */
    Connection open(AppBindings.Bound bound, String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", bound.user());
        properties.setProperty("password", bindings.password(bound));
        String host = bound.cluster().host();
        if (bound.cluster().linked()) {
            properties.setProperty("sslmode", "prefer");
            PinnedSockets.require(properties, address(host));
        } else {
            properties.setProperty("sslmode", "require");
            SaslOnly.require(properties);
            // Whoever stands between, such as an app at the port of a server that is down, could hand the rest on to
            // that server.
            PGProperty.CHANNEL_BINDING.set(properties, "require");
        }
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
        properties.setProperty("ApplicationName", "mooring");
        Connection connection = DriverManager.getConnection(
                "jdbc:postgresql://" + host + ":" + bound.cluster().port() + "/"
                        + URLEncoder.encode(database, StandardCharsets.UTF_8),
                properties);
        try (Statement statement = connection.createStatement()) {
            // Who migrates may do more than the app's user, whose functions are not to be what names mean here.
            statement.execute("set search_path = pg_catalog, pg_temp");
            statement.execute("set standard_conforming_strings = on");
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    /** Looked at before each session: what the name of somebody else's server stands for may have changed since it was linked. */
    private InetAddress address(String host) {
        try {
            return policy.resolve(host).getFirst();
        } catch (OutboundPolicy.Refused e) {
            throw new OperationFailed("the linked server's host " + e.getMessage(), e);
        }
    }
}
