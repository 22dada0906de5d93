package dev.mooring.access.account;

import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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

    /**
     * One of the team's, for something that is put into it: it cannot be deleted before the caller's transaction has ended.
     *
     * @return its id; null when there is none, or not any more
     */
    public static Uni<UUID> hold(UUID team, @Nullable UUID id) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select id from project where team = :team and id = :id for key share", UUID.class)
                        .setParameter("team", team)
                        .setParameter("id", id)
                        .getSingleResultOrNull());
    }

    /** The same for the team's default one; fails with 404 when the team itself is gone. */
    public static Uni<UUID> holdDefault(UUID team) {
        return defaultOf(team)
                // Another one has become the default while this waited for the end of the one that was.
                .onItem()
                .ifNull()
                .switchTo(() -> defaultOf(team))
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.notFound("project not found"));
    }

    private static Uni<UUID> defaultOf(UUID team) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select id from project where team = :team and is_default for key share", UUID.class)
                        .setParameter("team", team)
                        .getSingleResultOrNull());
    }
}
