package dev.mooring.access.account;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;

/** The private network of a region, so that clients which ask for one find it. */
@Entity
public class Vpc extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID team;

    public String name;

    public String region;

    @Column(name = "ip_range")
    public String ipRange;

    @Column(name = "is_default")
    public boolean isDefault;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;
}
