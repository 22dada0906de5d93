package dev.mooring.database.cluster.change;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterDatabase;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.database.cluster.DbosRoles;
import dev.mooring.database.cluster.DevDatabase;
import dev.mooring.database.cluster.FirewallRule;
import dev.mooring.database.cluster.MemberState;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.TopicAcl;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.engine.postgres.PostgresEngine;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Turns the rows of a cluster into what a data plane is asked for. */
@ApplicationScoped
public class ClusterSpecs {

    private static final TypeReference<List<String>> STRINGS = new TypeReference<>() {};

    private final ObjectMapper mapper;
    private final EngineCatalog engines;
    private final List<String> appNetworks;

    ClusterSpecs(
            ObjectMapper mapper,
            EngineCatalog engines,
            @ConfigProperty(name = "mooring.apps.networks", defaultValue = "127.0.0.1/32") List<String> appNetworks) {
        this.mapper = mapper;
        this.engines = engines;
        this.appNetworks = appNetworks.stream().map(TrustedSource::network).toList();
    }

    /** Where apps connect from, as {@link Cluster#appNetworks} has it. */
    public String appNetworks() {
        return String.join(",", appNetworks);
    }

    /**
     * The networks that a list of trusted sources stands for; null for every network.
     *
     * @param rules that have been checked
     */
    public @Nullable List<String> networks(List<NewCluster.RuleInput> rules) {
        return rules.isEmpty()
                ? null
                : rules.stream()
                        .flatMap(rule -> TrustedSource.networks(rule.type(), rule.value(), appNetworks))
                        .toList();
    }

    /** The cluster at its current revision, as the caller's transaction sees it. */
    public Uni<ClusterSpec> of(Cluster cluster) {
        UUID inhabited = cluster.replicaOf == null ? cluster.id : cluster.replicaOf;
        return ClusterUser.<ClusterUser>list("cluster = ?1 order by position", inhabited)
                .chain(users -> ClusterDatabase.<ClusterDatabase>list("cluster = ?1 order by position", inhabited)
                        .chain(databases -> FirewallRule.<FirewallRule>list(
                                        "cluster = ?1 order by position", cluster.id)
                                .map(rules -> wish(cluster, users, databases, rules))));
    }

    private ClusterSpec wish(
            Cluster cluster, List<ClusterUser> users, List<ClusterDatabase> databases, List<FirewallRule> rules) {
        List<ClusterSpec.User> present = new ArrayList<>();
        List<String> absent = new ArrayList<>();
        DbosRoles roles = DbosRoles.of(users);
        Engine engine = engines.get(cluster.engine);
        Plan plan = engine.stored(cluster.size);
        for (ClusterUser user : users) {
            if (user.state.equals(MemberState.REMOVING)) {
                absent.add(user.name);
            } else {
                present.add(new ClusterSpec.User(
                        user.name,
                        user.isPrimary,
                        Boolean.TRUE.equals(user.replication),
                        user.secret,
                        user.revision,
                        user.dbosRole != null,
                        roles.actsFor(user),
                        TopicAcl.access(mapper, user.acl),
                        user.renewsAccess ? null : user.accessCert));
            }
        }
        return new ClusterSpec(
                cluster.id,
                cluster.engine,
                cluster.version,
                plan.withStorage(cluster.storageSizeMib),
                cluster.numNodes,
                endpoints(cluster),
                strings(cluster.serviceCnames),
                cluster.revision,
                cluster.superuserSecret,
                present,
                absent,
                names(databases, false),
                DevDatabase.owners(cluster),
                absentDatabases(cluster, databases),
                rules.isEmpty()
                        ? null
                        : rules.stream()
                                .flatMap(rule -> TrustedSource.networks(rule.type, rule.value, List.of()))
                                .toList(),
                trustedApps(rules),
                engine.parameters(PgConfig.read(mapper, cluster.config), plan),
                new ClusterSpec.Archive(cluster.retentionHours, cluster.synchronousArchive, cluster.throwAway),
                null,
                null,
                null,
                cluster.replicaOf,
                ConnectionPool.of(cluster).stream().map(ConnectionPool::spec).toList(),
                engine.poolSettings(PgConfig.read(mapper, cluster.config)));
    }

    private ClusterSpec.@Nullable TrustedApps trustedApps(List<FirewallRule> rules) {
        List<FirewallRule> apps =
                rules.stream().filter(rule -> rule.type.equals("app")).toList();
        return apps.isEmpty()
                ? null
                : new ClusterSpec.TrustedApps(
                        apps.stream()
                                .flatMap(rule -> TrustedSource.app(rule.value).stream())
                                .toList(),
                        appNetworks);
    }

    private static List<String> absentDatabases(Cluster cluster, List<ClusterDatabase> databases) {
        List<String> absent = new ArrayList<>(names(databases, true));
        if (cluster.app != null) {
            absent.add(PostgresEngine.FIRST_DATABASE);
        }
        return absent;
    }

    private static List<String> names(List<ClusterDatabase> databases, boolean removing) {
        return databases.stream()
                .filter(database -> database.state.equals(MemberState.REMOVING) == removing)
                .map(database -> database.name)
                .toList();
    }

    private <T> T read(String json, Class<T> type) {
        try {
            return mapper.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "stored JSON is no " + type.getSimpleName() + ": " + e.getOriginalMessage());
        }
    }

    public Endpoints endpoints(Cluster cluster) {
        return read(cluster.endpoints, Endpoints.class);
    }

    List<String> strings(String json) {
        try {
            return mapper.readValue(json, STRINGS);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored list is not JSON: " + e.getOriginalMessage());
        }
    }

    public String json(Object value) {
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
