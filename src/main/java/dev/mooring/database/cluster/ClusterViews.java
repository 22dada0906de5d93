package dev.mooring.database.cluster;

import dev.mooring.engine.postgres.PostgresVersion;
import dev.mooring.home.Vault;
import dev.mooring.web.Formats;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Draws clusters for clients, with or without their passwords. */
@ApplicationScoped
public class ClusterViews {

    public static final String ADMIN = "doadmin";
    public static final String FIRST_DATABASE = "defaultdb";
    /** The server, then its pool, then its metrics. */
    public static final int METRICS_PORT_OFFSET = 2;

    private final Vault vault;

    ClusterViews(Vault vault) {
        this.vault = vault;
    }

    public ClusterView of(ClusterSnapshot cluster, boolean credentials) {
        ClusterView.Connection connection = connection(cluster, credentials);
        ClusterView.StorageAutoscale autoscale = new ClusterView.StorageAutoscale(false);
        String endOfLife = PostgresVersion.endOfLife(cluster.version());
        return new ClusterView(
                cluster.id(),
                cluster.name(),
                cluster.engine(),
                cluster.version(),
                cluster.semanticVersion(),
                cluster.numNodes(),
                cluster.size(),
                cluster.region(),
                cluster.status(),
                cluster.failed() ? cluster.failure() : null,
                Formats.time(cluster.createdAt()),
                cluster.vpc(),
                cluster.projectId(),
                cluster.tags(),
                cluster.databases(),
                cluster.users().stream().map(user -> user(user, credentials)).toList(),
                connection,
                connection,
                new ClusterView.MaintenanceWindow(
                        cluster.maintenanceDay(),
                        cluster.maintenanceHour(),
                        cluster.updatePending(),
                        cluster.updatePending()
                                ? List.of("PostgreSQL " + cluster.newestVersion() + " is installed")
                                : List.of()),
                rules(cluster),
                cluster.storageSizeMib(),
                autoscale,
                new ClusterView.Autoscale(autoscale),
                endOfLife,
                endOfLife,
                List.of(new ClusterView.Endpoint(cluster.host(), cluster.port() + METRICS_PORT_OFFSET)),
                new ClusterView.DoSettings(
                        cluster.serviceCnames().stream().map(String.class::cast).toList()));
    }

    public UserView user(ClusterSnapshot.User user, boolean credentials) {
        return new UserView(
                user.name(),
                user.primary() ? "primary" : "normal",
                credentials ? vault.unseal(user.secret()) : null,
                user.replication() == null ? null : new UserView.Settings(user.replication()));
    }

    public List<ClusterView.RuleView> rules(ClusterSnapshot cluster) {
        return cluster.rules().stream()
                .map(rule -> new ClusterView.RuleView(
                        rule.uuid(),
                        cluster.id().toString(),
                        rule.type(),
                        rule.value(),
                        rule.description(),
                        rule.createdAt()))
                .toList();
    }

    /** Passwords are letters and digits only, so nothing in the URI needs escaping. */
    private ClusterView.Connection connection(ClusterSnapshot cluster, boolean credentials) {
        String user = cluster.app() == null ? ADMIN : DevDatabase.nameOf(cluster.component());
        String database = cluster.app() == null ? FIRST_DATABASE : user;
        String password = credentials
                ? cluster.users().stream()
                        .filter(candidate -> candidate.name().equals(user))
                        .map(found -> vault.unseal(found.secret()))
                        .findFirst()
                        .orElseThrow()
                : null;
        String uri = "postgresql://" + user + (password == null ? "" : ":" + password) + "@" + cluster.host() + ":"
                + cluster.port() + "/" + database + "?sslmode=require";
        return new ClusterView.Connection(
                "postgresql", uri, database, cluster.host(), cluster.port(), user, password, true);
    }
}
