package dev.mooring.database.cluster;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A cluster as it should be. */
@Entity
public class Cluster extends PanacheEntityBase {

    public static final String CREATING = "creating";
    public static final String MIGRATING = "migrating";
    public static final String FORKING = "forking";
    public static final String RESIZING = "resizing";
    public static final String ONLINE = "online";
    /** What was to be created came to nothing, and why is in {@link #failure}: it can be retried or deleted. */
    public static final String FAILED = "failed";

    @Id
    public UUID id;

    public UUID team;

    @Column(name = "project_id")
    public UUID projectId;

    public UUID vpc;

    public String name;

    /** The app that a dev database belongs to; null for a managed one. */
    public @Nullable UUID app;

    /** The component of that app. */
    public @Nullable String component;

    /** The app that the cluster was a dev database of, before it was converted. */
    @Column(name = "former_app")
    public @Nullable UUID formerApp;

    @Column(name = "former_component")
    public @Nullable String formerComponent;

    /** The cluster of which it is a read-only node; null for one that takes writes. */
    @Column(name = "replica_of")
    public @Nullable UUID replicaOf;

    /** The same while it becomes a cluster of its own. */
    @Column(name = "promoted_from")
    public @Nullable UUID promotedFrom;

    /** The data plane that runs it. */
    public String plane;

    public String engine;

    /** Major version. */
    public String version;

    @Column(name = "semantic_version")
    public String semanticVersion;

    @Column(name = "num_nodes")
    public int numNodes;

    public String size;

    public String region;

    @Column(name = "storage_size_mib")
    public int storageSizeMib;

    public String status;

    /** Why the last operation did not do what was asked. */
    public @Nullable String failure;

    /** Why the last change of the cluster's form was taken back. */
    @Column(name = "change_failure")
    public @Nullable String changeFailure;

    /** When {@link #failure} or {@link #changeFailure} was written. */
    @Column(name = "failed_at")
    public @Nullable OffsetDateTime failedAt;

    /** A copy to try something on: nothing of it is archived, and nothing is left when it goes. */
    @Column(name = "throw_away")
    public boolean throwAway;

    /** The worker node where it runs. */
    public UUID node;

    /** {@link dev.mooring.dataplane.Endpoints} as JSON. */
    public String endpoints;

    /** Sealed. */
    @Column(name = "superuser_secret")
    public String superuserSecret;

    @Column(name = "maintenance_day")
    public String maintenanceDay;

    @Column(name = "maintenance_hour")
    public String maintenanceHour;

    /** What the owner set, a JSON object in the API's terms. */
    public String config;

    /** JSON array of host names. */
    @Column(name = "service_cnames")
    public String serviceCnames;

    /** Where apps connected from when the trusted sources were last written; null for never. */
    @Column(name = "app_networks")
    public @Nullable String appNetworks;

    /** {@link ConnectionPool}s as JSON. */
    public String pools = "[]";

    /** Raised by every change that the data plane has to make real. */
    public long revision;

    /** How far back every moment can be recovered. */
    @Column(name = "retention_hours")
    public int retentionHours;

    /** Whether a commit is answered only when it is in the archive. */
    @Column(name = "synchronous_archive")
    public boolean synchronousArchive;

    /** The major version that an upgrade can be undone to. */
    @Column(name = "previous_version")
    public @Nullable String previousVersion;

    @Column(name = "undo_until")
    public @Nullable OffsetDateTime undoUntil;

    /** The major version to upgrade to as soon as the change under way has ended. */
    @Column(name = "wanted_version")
    public @Nullable String wantedVersion;

    /** The unfinished operation that brings databases in from elsewhere. */
    public @Nullable UUID migration;

    /** How often a recovery is tried; null for never. */
    @Column(name = "drill_hours")
    public @Nullable Integer drillHours;

    /** Every moment since then can be recovered; null before the first backup. */
    @Column(name = "recoverable_from", insertable = false, updatable = false)
    public @Nullable OffsetDateTime recoverableFrom;

    /** Whether a backup is due before its time. */
    @Column(name = "backup_wanted")
    public boolean backupWanted;

    /** The operation that makes a backup just now. */
    @Column(name = "backup_operation")
    public @Nullable UUID backupOperation;

    @Column(name = "backup_tried_at")
    public @Nullable OffsetDateTime backupTriedAt;

    /** The operation that tries a recovery just now. */
    @Column(name = "drill_operation")
    public @Nullable UUID drillOperation;

    @Column(name = "created_at")
    public OffsetDateTime createdAt;

    /** Set by DELETE: from then on nobody sees the cluster, until its last process is gone and the row goes too. */
    @Column(name = "deleted_at")
    public @Nullable OffsetDateTime deletedAt;

    /** The names of its read-only nodes, also of one that is becoming a cluster of its own and could go back. */
    public static Uni<List<String>> followers(UUID cluster) {
        return Cluster.<Cluster>list(
                        "(replicaOf = ?1 or promotedFrom = ?1) and deletedAt is null order by name", cluster)
                .map(found -> found.stream().map(one -> one.name).toList());
    }
}
