package dev.mooring.app.release;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An app to be removed.
 *
 * @param drop what goes of an instance that others may go on using
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection
public record RemoveWish(UUID id, UUID team, @Nullable Drop drop) {

    /**
     * @param instance its name
     * @param databases in it
     */
    @RegisterForReflection
    public record Drop(String instance, List<String> databases) {}
}
