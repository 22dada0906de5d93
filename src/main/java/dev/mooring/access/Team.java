package dev.mooring.access;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Whom everything belongs to. */
@Entity
public class Team extends PanacheEntityBase {

    /** The team of a fresh installation, which administers it. */
    public static final String DEFAULT = "default";

    @Id
    public UUID id;

    public String name;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;

    /** Whether its tokens may have rights that reach beyond a team. */
    @Column(insertable = false, updatable = false)
    public boolean administers;

    /** How many clusters, dev databases among them, it may have at the same time; null for any number. */
    @Column(name = "most_clusters")
    public @Nullable Integer mostClusters;

    /** The sum of their storage; null for any. */
    @Column(name = "most_storage_mib")
    public @Nullable Long mostStorageMib;

    /** The sum of their nodes; null for any. */
    @Column(name = "most_nodes")
    public @Nullable Integer mostNodes;

    @Column(name = "metrics_username")
    public String metricsUsername;

    /** Sealed. */
    @Column(name = "metrics_secret")
    public String metricsSecret;
}
