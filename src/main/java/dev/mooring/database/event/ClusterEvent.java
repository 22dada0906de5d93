package dev.mooring.database.event;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.home.RandomText;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Something that happened to a cluster. */
@Entity
@Table(name = "cluster_event")
public class ClusterEvent extends PanacheEntityBase {

    public static final String CREATE = "cluster_create";
    public static final String CREATE_FAILED = "cluster_create_failed";
    public static final String UPDATE = "cluster_update";
    public static final String BACKUP = "cluster_backup";
    public static final String RESTORE = "cluster_restore";
    public static final String DRILL = "cluster_recovery_drill";
    public static final String MAINTENANCE = "cluster_maintenance_perform";
    public static final String UPGRADE = "cluster_version_upgrade";
    public static final String UPGRADE_UNDONE = "cluster_version_upgrade_undone";
    /** A logical database was deleted that the way back from an upgrade would have kept. */
    public static final String UNDO_LOSES_DATABASE = "cluster_version_upgrade_undo_loses_database";

    public static final String PROMOTION = "cluster_master_promotion";
    public static final String REPLICA_CREATE = "cluster_replica_create";
    public static final String REPLICA_DELETE = "cluster_replica_delete";
    public static final String REPLICA_PROMOTE = "cluster_replica_promote";
    public static final String REPLICA_PROMOTE_FAILED = "cluster_replica_promote_failed";
    public static final String POWER_ON = "cluster_poweron";
    /** Somebody else had changed or deleted something of the cluster, and it is put right. */
    public static final String REPAIR = "cluster_repair";
    /** Somebody else has deleted the cluster with its data. */
    public static final String LOST = "cluster_lost";

    public static final String CERTIFICATE = "cluster_certificate_renew";

    /** What clients that know no others are told, as their specification has them. */
    private static final Map<String, String> OFFICIAL = Map.ofEntries(
            Map.entry(CREATE, CREATE),
            Map.entry(CREATE_FAILED, CREATE),
            Map.entry(RESTORE, CREATE),
            Map.entry(UPDATE, UPDATE),
            Map.entry(UPGRADE, UPDATE),
            Map.entry(UPGRADE_UNDONE, UPDATE),
            Map.entry(UNDO_LOSES_DATABASE, UPDATE),
            Map.entry(REPLICA_CREATE, UPDATE),
            Map.entry(REPLICA_DELETE, UPDATE),
            Map.entry(REPLICA_PROMOTE, UPDATE),
            Map.entry(REPLICA_PROMOTE_FAILED, UPDATE),
            Map.entry(BACKUP, MAINTENANCE),
            Map.entry(DRILL, MAINTENANCE),
            Map.entry(MAINTENANCE, MAINTENANCE),
            Map.entry(CERTIFICATE, MAINTENANCE),
            Map.entry(REPAIR, MAINTENANCE),
            Map.entry(PROMOTION, PROMOTION),
            Map.entry(POWER_ON, POWER_ON));

    @Id
    public String id;

    public UUID cluster;

    @Column(name = "cluster_name")
    public String clusterName;

    public String type;

    /** In words, beyond the type. */
    public @Nullable String details;

    @Column(name = "created_at")
    public OffsetDateTime createdAt;

    public static ClusterEvent of(Cluster cluster, String type) {
        return of(cluster, type, null);
    }

    /** @param details in words, beyond what the type says; null for nothing */
    public static ClusterEvent of(Cluster cluster, String type, @Nullable String details) {
        ClusterEvent event = new ClusterEvent();
        event.details = details;
        event.id = newId();
        event.cluster = cluster.id;
        event.clusterName = cluster.name;
        event.type = type;
        event.createdAt = OffsetDateTime.now(ZoneOffset.UTC);
        return event;
    }

    /** The type in the words of the API that clients know. */
    public String officialType() {
        return OFFICIAL.getOrDefault(type, UPDATE);
    }

    static String newId() {
        return RandomText.hex(8);
    }
}
