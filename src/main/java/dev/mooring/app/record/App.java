package dev.mooring.app.record;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An app as it should be. */
@Entity
public class App extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID team;

    @Column(name = "project_id")
    public UUID projectId;

    public String name;

    /** Slug of the region where its dev databases are made. */
    public String region;

    /** As submitted, its secrets encrypted: JSON. */
    public String spec;

    /** Sealed key of those secrets. */
    @Column(name = "spec_key")
    public String specKey;

    /** What an app that was registered through DBOS Cloud's API is written in; null for one that has a spec of its own. */
    public @Nullable String language;

    /** How much memory each process of such an app may take, in MiB. */
    @Column(name = "memory_mib")
    public int memoryMib;

    /** The node that runs its components. */
    public @Nullable UUID node;

    /** Where that node serves it. */
    public Integer port;

    @Column(name = "active_deployment")
    public UUID activeDeployment;

    /** The deployment gone back to, until that is committed or reverted. */
    @Column(name = "pinned_deployment")
    public @Nullable UUID pinnedDeployment;

    /** The deployment that was active before. */
    @Column(name = "pinned_from")
    public @Nullable UUID pinnedFrom;

    @Column(name = "created_at")
    public OffsetDateTime createdAt;

    @Column(name = "updated_at")
    public OffsetDateTime updatedAt;

    /** Set by DELETE: from then on nobody sees the app, until its last process is gone and the row goes too. */
    @Column(name = "deleted_at")
    public OffsetDateTime deletedAt;
}
