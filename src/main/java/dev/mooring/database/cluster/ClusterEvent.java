package dev.mooring.database.cluster;

import dev.mooring.home.RandomText;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;

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
    public static final String POWER_ON = "cluster_poweron";

    @Id
    public String id;

    public UUID cluster;

    @Column(name = "cluster_name")
    public String clusterName;

    public String type;

    @Column(name = "created_at")
    public OffsetDateTime createdAt;

    public static ClusterEvent of(Cluster cluster, String type) {
        ClusterEvent event = new ClusterEvent();
        event.id = newId();
        event.cluster = cluster.id;
        event.clusterName = cluster.name;
        event.type = type;
        event.createdAt = OffsetDateTime.now(ZoneOffset.UTC);
        return event;
    }

    public static String newId() {
        return RandomText.hex(8);
    }
}
