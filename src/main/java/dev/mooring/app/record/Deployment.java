package dev.mooring.app.record;

import dev.mooring.app.AppOutcomeHandler;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One deployment of an app, as it was asked for. What becomes of it is written by {@link AppOutcomeHandler}. */
@Entity
public class Deployment extends PanacheEntityBase {

    @Id
    public UUID id;

    public UUID app;

    public UUID operation;

    public String spec;

    /** What kind of thing started it, in the API's terms, such as {@code MANUAL}. */
    public String type;

    /** The user's action, in the API's terms, such as {@code UPDATE_SPEC}. */
    public String action;

    public String cause;

    /** The deployment that was active when it was asked for. */
    public UUID previous;

    @Column(name = "cloned_from")
    public @Nullable UUID clonedFrom;

    public String phase;
}
