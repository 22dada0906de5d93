package dev.mooring.start;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** For whoever opens the address without a path. */
@Path("/")
@Tag(name = "Version")
@Produces(MediaType.APPLICATION_JSON)
public class WelcomeResource {

    private final VersionResource version;

    WelcomeResource(VersionResource version) {
        this.version = version;
    }

    @GET
    @PermitAll
    @Operation(summary = "What answers here", description = "Needs no token.")
    public VersionResource.VersionView welcome() {
        return version.version();
    }
}
