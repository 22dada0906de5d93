package dev.mooring.database.cluster;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A trusted source. A cluster without any is open to everybody who has credentials; only a person takes the last one away. */
@Entity
@Table(name = "firewall_rule")
public class FirewallRule extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID cluster;

    /** Order of listing. */
    public int position;

    public String type;

    public String value;

    public String description;

    @Column(name = "created_at")
    public OffsetDateTime createdAt;
}
