package dev.mooring.dataplane;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.engine.NodeSize;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster should be, complete and at one revision: a data plane makes reality match it. Of two wishes for the same
 * cluster the one with the higher revision includes all that the other one asks for.
 *
 * @param version major version, such as {@code 16}
 * @param size what the plan gives the cluster
 * @param nodes how many servers it has: one that takes writes, the others follow it and take its place when it is lost
 * @param endpoints where it is reached
 * @param hostNames other names that clients use for the cluster: they go into its certificate
 * @param superuserSecret sealed password of the data plane's own superuser
 * @param users every user that should exist
 * @param absentUsers users that should not exist any more; users made by other means are left alone
 * @param databases every database that should exist
 * @param owners the user that owns a database alone, by database; the others belong to the role that all users share
 * @param absentDatabases databases that should not exist any more
 * @param sources networks (IPv4 CIDR) that may connect; null for every network
 * @param apps who may connect beside the sources, whatever network they are in; null for no app, and where everybody may
 * @param parameters server parameters over the plan's own, with their units
 * @param archive how its WAL and backups are kept
 * @param origin what a new cluster is recovered from; null when it begins empty
 * @param upgrade how the cluster gets its version; null when it has it
 * @param source where databases are to be brought from
 * @param follows the cluster of which it is a read-only node, with that one's users, databases and settings; null for one that takes writes
 * @param pools every connection pool that it should have
 * @param poolSettings of the program that the pools are, in its own terms
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RecordBuilder
@RegisterForReflection(registerFullHierarchy = true)
public record ClusterSpec(
        UUID id,
        String engine,
        String version,
        NodeSize size,
        int nodes,
        Endpoints endpoints,
        List<String> hostNames,
        long revision,
        String superuserSecret,
        List<User> users,
        List<String> absentUsers,
        List<String> databases,
        Map<String, String> owners,
        List<String> absentDatabases,
        @Nullable List<String> sources,
        @Nullable TrustedApps apps,
        Map<String, String> parameters,
        Archive archive,
        @Nullable Origin origin,
        @Nullable Upgrade upgrade,
        @Nullable Source source,
        @Nullable UUID follows,
        List<Pool> pools,
        Map<String, String> poolSettings)
        implements ClusterSpecBuilder.With {

    public ClusterSpec {
        owners = owners == null ? Map.of() : owners;
        nodes = Math.max(1, nodes);
        pools = pools == null ? List.of() : pools;
        poolSettings = poolSettings == null ? Map.of() : poolSettings;
    }

    /** For who works on a cluster that is recovered from another one. */
    public Origin requiredOrigin() {
        return Objects.requireNonNull(origin, "the wish says nothing of an origin");
    }

    /** For who upgrades or takes an upgrade back. */
    public Upgrade requiredUpgrade() {
        return Objects.requireNonNull(upgrade, "the wish says nothing of an upgrade");
    }

    /** For a read-only node. */
    public UUID requiredFollows() {
        return Objects.requireNonNull(follows, "the wish says nothing of a cluster to follow");
    }

    /** For who brings databases from another server. */
    public Source requiredSource() {
        return Objects.requireNonNull(source, "the wish says nothing of a source");
    }

    /** That may connect, where apps come from included; null for every network. For who knows an app by nothing but its address. */
    public @Nullable List<String> networks() {
        return sources == null || apps == null
                ? sources
                : Stream.concat(sources.stream(), apps.networks().stream()).toList();
    }

    /** The name that clients are told. */
    public String host() {
        return endpoints.primary().host();
    }

    /** Of the server that takes writes. */
    public int port() {
        return endpoints.primary().port();
    }

    /**
     * Apps that are trusted sources.
     *
     * @param ids of those that are known here
     * @param networks (IPv4 CIDR) that apps connect from
     */
    public record TrustedApps(List<UUID> ids, List<String> networks) {}

    /**
     * @param retentionHours how far back every moment has to be recoverable
     * @param synchronous a commit is answered only when it is in the archive
     * @param none nothing is archived at all: the cluster is a copy that is thrown away
     */
    public record Archive(int retentionHours, boolean synchronous, boolean none) {}

    /**
     * @param cluster whose archive it is
     * @param at RFC 3339; null for everything that was committed
     * @param superuserSecret sealed password of that cluster's superuser
     */
    public record Origin(UUID cluster, @Nullable String at, String superuserSecret) {}

    /**
     * @param from major version that it has
     * @param method how; null for what fits
     * @param undoHours how long the old version is kept
     * @param discard of an undo: whether what was written since may be lost
     * @param endTransactions whether to end transactions that have been open for long, rather than wait for them
     */
    public record Upgrade(
            String from,
            UpgradeFacts.@Nullable Method method,
            int undoHours,
            boolean discard,
            boolean endTransactions) {}

    /**
     * A server elsewhere.
     *
     * @param database that is connected to first
     * @param secret sealed password
     * @param tls whether the connection is encrypted
     * @param ignored databases that stay there
     */
    public record Source(
            String host,
            int port,
            String database,
            String user,
            @Nullable String secret,
            boolean tls,
            List<String> ignored) {}

    /**
     * @param primary the cluster's administrator
     * @param replication may open replication connections
     * @param secret sealed password
     * @param revision the cluster's revision at which the password or the rights last changed
     * @param createsDatabases may make databases with SQL, and look for them from the database postgres
     * @param actsFor another user of the wish whose rights it has as well
     * @param acl what it may do with which topics
     * @param certificate PEM of what it logs in with; null for one that is to be made, where the engine has such
     */
    public record User(
            String name,
            boolean primary,
            boolean replication,
            String secret,
            long revision,
            boolean createsDatabases,
            @Nullable String actsFor,
            List<TopicAccess> acl,
            @Nullable String certificate) {

        public User {
            acl = acl == null ? List.of() : acl;
        }
    }

    /**
     * Server connections that clients share. Reached at the endpoint of the pools, by its name in place of a database's.
     *
     * @param size the most server connections that it has
     * @param user who alone may use it; null for whoever may use the database
     */
    public record Pool(
            String name,
            PoolMode mode,
            int size,
            String database,
            @Nullable String user) {}

    /** For how long a client has a server connection of its own. */
    public enum PoolMode {
        SESSION,
        TRANSACTION,
        STATEMENT
    }

    /**
     * @param topic a name, or a pattern as {@code TopicNames} has them
     */
    public record TopicAccess(@Nullable String topic, Permission permission) {}

    public enum Permission {
        ADMIN,
        CONSUME,
        PRODUCE,
        PRODUCECONSUME
    }
}
