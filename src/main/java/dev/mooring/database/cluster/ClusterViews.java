package dev.mooring.database.cluster;

import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.home.Vault;
import dev.mooring.web.Formats;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Draws clusters for clients, with or without their passwords. */
@ApplicationScoped
public class ClusterViews {

    private final EngineCatalog engines;
    private final Vault vault;

    ClusterViews(EngineCatalog engines, Vault vault) {
        this.engines = engines;
        this.vault = vault;
    }

    public ClusterView of(ClusterSnapshot cluster, boolean credentials) {
        Engine engine = engines.get(cluster.engine());
        ClusterView.Connection connection =
                connection(engine, cluster, new ClusterView.Endpoint(cluster.host(), cluster.port()), credentials);
        ClusterView.Connection standby = cluster.standbys().stream()
                .findFirst()
                .map(endpoint -> connection(engine, cluster, endpoint, credentials))
                .orElse(null);
        ClusterView.StorageAutoscale autoscale = new ClusterView.StorageAutoscale(false);
        String endOfLife = engine.endOfLife(cluster.version());
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
                standby,
                standby,
                new ClusterView.MaintenanceWindow(
                        cluster.maintenanceDay(),
                        cluster.maintenanceHour(),
                        cluster.updatePending(),
                        cluster.updatePending()
                                ? List.of(engine.name() + " " + cluster.newestVersion() + " is installed")
                                : List.of()),
                rules(cluster),
                cluster.storageSizeMib(),
                autoscale,
                new ClusterView.Autoscale(autoscale),
                endOfLife,
                endOfLife,
                cluster.endpoints(Endpoints.Role.METRICS),
                new ClusterView.DoSettings(
                        cluster.serviceCnames().stream().map(String.class::cast).toList()));
    }

    public UserView user(ClusterSnapshot.User user, boolean credentials) {
        return new UserView(
                user.name(),
                user.primary() ? "primary" : "normal",
                credentials ? vault.unseal(user.secret()) : null,
                credentials ? user.accessCert() : null,
                credentials && user.accessKey() != null ? vault.unseal(user.accessKey()) : null,
                user.replication() == null && user.acl() == null
                        ? null
                        : new UserView.Settings(user.replication(), user.acl()));
    }

    public List<ClusterView.RuleView> rules(ClusterSnapshot cluster) {
        return cluster.rules().stream()
                .map(rule -> new ClusterView.RuleView(
                        rule.uuid(),
                        cluster.id().toString(),
                        rule.type(),
                        rule.value(),
                        rule.description(),
                        rule.createdAt(),
                        rule.attached()))
                .toList();
    }

    /** Others than the one that passwords are for. */
    private static @Nullable Map<String, Integer> ports(ClusterSnapshot cluster) {
        return cluster.endpoints(Endpoints.Role.CERTIFICATE).stream()
                .findFirst()
                .map(endpoint -> Map.of("mtls", endpoint.port()))
                .orElse(null);
    }

    private ClusterView.Connection connection(
            Engine engine, ClusterSnapshot cluster, ClusterView.Endpoint at, boolean credentials) {
        String user = cluster.component() == null ? engine.firstUser() : DevDatabase.nameOf(cluster.component());
        String database = cluster.app() == null ? engine.firstDatabase() : user;
        String password = credentials
                ? cluster.users().stream()
                        .filter(candidate -> candidate.name().equals(user))
                        .map(found -> vault.unseal(found.secret()))
                        .findFirst()
                        .orElseThrow()
                : null;
        Engine.Connection connection =
                engine.connection(new Engine.Login(at.host(), at.port(), user, password, database));
        return new ClusterView.Connection(
                connection.protocol(),
                connection.uri(),
                database,
                at.host(),
                at.port(),
                user,
                password,
                true,
                ports(cluster));
    }
}
