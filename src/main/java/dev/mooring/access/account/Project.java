package dev.mooring.access.account;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A drawer for resources. There is one, until a team asks for more. */
@Entity
public class Project extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID team;

    public String name;

    @Column(name = "is_default")
    public boolean isDefault;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;
}
