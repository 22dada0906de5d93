package dev.mooring.database.cluster;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A user of a cluster. */
@Entity
@Table(name = "cluster_user")
@IdClass(MemberId.class)
public class ClusterUser extends PanacheEntityBase {

    @Id
    public UUID cluster;

    @Id
    public String name;

    /** Order of listing. */
    public int position;

    @Column(name = "is_primary")
    public boolean isPrimary;

    /** Sealed password. */
    public String secret;

    /** The sealed password before a reset that is under way. */
    @Column(name = "previous_secret")
    public String previousSecret;

    /** Null when the caller never said. */
    public @Nullable Boolean replication;

    /** {@link TopicAcl}s as JSON; null when the caller never said. */
    public @Nullable String acl;

    /** PEM of what it logs in with instead of a password; null where the engine has no such thing, or before it is made. */
    @Column(name = "access_cert")
    public @Nullable String accessCert;

    /** The sealed key of it. */
    @Column(name = "access_key")
    public String accessKey;

    /** Whether another one is to be made. */
    @Column(name = "renews_access")
    public boolean renewsAccess;

    /** {@link DbosRoles#USER} or {@link DbosRoles#ADMIN}; null for a user that DBOS Cloud's API does not know of. */
    @Column(name = "dbos_role")
    public @Nullable String dbosRole;

    /** See {@link MemberState}. */
    public String state;

    /** The cluster's revision at which this last changed. */
    public long revision;
}
