package dev.mooring.dboscloud.instance;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL server that somebody else runs: Mooring knows how to get in, and nothing more. */
@Entity
@Table(name = "linked_instance")
public class LinkedInstance extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID team;

    public String name;

    public String host;

    public int port;

    /** Who runs migrations there, and whom the apps are. */
    @Column(name = "user_name")
    public String userName;

    /** Sealed password. */
    public String secret;

    @Column(name = "supabase_reference")
    public @Nullable String supabaseReference;
}
