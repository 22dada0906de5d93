package dev.mooring.access;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;

/** Whom everything belongs to. */
@Entity
public class Team extends PanacheEntityBase {

    /** The team of a fresh installation. */
    public static final String DEFAULT = "default";

    @Id
    public UUID id;

    public String name;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;

    @Column(name = "metrics_username")
    public String metricsUsername;

    /** Sealed. */
    @Column(name = "metrics_secret")
    public String metricsSecret;
}
