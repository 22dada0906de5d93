package dev.mooring.start;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What answers here, for whoever comes by. */
@Path("/mooring/v1/version")
@Tag(name = "Version")
@Produces(MediaType.APPLICATION_JSON)
public class VersionResource {

    private final String version;

    VersionResource(@ConfigProperty(name = "quarkus.application.version") String version) {
        this.version = version;
    }

    @Schema(name = "Version")
    public record VersionView(
            @Schema(examples = "mooring") String name,

            @Schema(examples = "0.2.0") String version,

            @Schema(description = "APIs that are spoken here, by where their paths begin")
            List<String> apis,

            @Schema(description = "Where they are described")
            String description,

            @Schema(description = "Pages for a browser") String console) {}

    @GET
    @PermitAll
    @Operation(summary = "The version of Mooring", description = "Needs no token.")
    public VersionView version() {
        return new VersionView(
                "mooring", version, List.of("/v2", "/v1alpha1", "/mooring/v1"), "/q/openapi", "/console");
    }
}
