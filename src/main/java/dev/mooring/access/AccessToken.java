package dev.mooring.access;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A token as it is kept: never the token itself. */
@Entity
@Table(name = "access_token")
public class AccessToken extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID team;

    public String name;

    /** Who uses it, for DBOS Cloud's API; null for whoever the team is. */
    @Column(name = "user_name")
    public @Nullable String userName;

    /** SHA-256 of the secret segment. */
    public byte[] hash;

    /** Space-separated. */
    public String scopes;

    @Column(name = "created_at")
    public OffsetDateTime createdAt;

    /** Refused from then on; null for one that does not end by itself. */
    @Column(name = "expires_at")
    public @Nullable OffsetDateTime expiresAt;
}
