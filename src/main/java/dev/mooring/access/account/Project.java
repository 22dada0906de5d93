package dev.mooring.access.account;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A drawer for resources. A team has one, which takes what is said to belong nowhere, until it asks for more. */
@Entity
public class Project extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID team;

    public String name;

    @Column(name = "is_default")
    public boolean isDefault;

    public String description;

    public String purpose;

    public String environment;

    @Column(name = "updated_at")
    public OffsetDateTime updatedAt;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;

    /** The one that new resources of the team belong to, unless they name another. */
    public static Uni<Project> ofTeam(UUID team) {
        return Project.<Project>find("team = ?1 and isDefault", team).singleResult();
    }
}
