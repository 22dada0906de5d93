package dev.mooring.database.provisioning;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Regions;
import dev.mooring.access.Scopes;
import dev.mooring.database.placement.Nodes;
import dev.mooring.engine.postgres.Plan;
import dev.mooring.engine.postgres.PostgresVersion;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What can be ordered. */
@Path("/v2/databases/options")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class OptionsResource {

    private final Nodes nodes;
    private final Regions regions;

    OptionsResource(Nodes nodes, Regions regions) {
        this.nodes = nodes;
        this.regions = regions;
    }

    @Schema(name = "DatabaseLayout")
    public record Layout(int numNodes, List<String> sizes) {}

    @Schema(name = "DatabaseEngineOptions")
    public record EngineOptions(
            List<String> regions,
            List<String> versions,
            List<Layout> layouts,
            String defaultVersion,

            @Schema(
                    description =
                            "Mooring's own: the versions that a brief upgrade reaches. For another one install the package"
                                    + " postgresql-{version} of apt.postgresql.org on the machine")
            List<String> upgradeTargets) {}

    @Schema(name = "DatabaseVersionAvailability")
    public record Availability(
            String version,
            String endOfLife,
            String endOfAvailability,
            @JsonProperty("default") boolean isDefault) {}

    @Schema(name = "DatabaseOptions")
    public record Options(Map<String, EngineOptions> options, Map<String, List<Availability>> versionAvailability) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "Engines, versions, regions and sizes")
    public Uni<Options> options() {
        return nodes.majors(Clusters.ENGINE)
                .chain(majors -> nodes.upgradeTargets().map(targets -> options(majors, targets)));
    }

    private Options options(List<String> majors, List<String> targets) {

        String byDefault = Clusters.defaultVersion(majors);
        return new Options(
                Map.of(
                        Clusters.ENGINE,
                        new EngineOptions(
                                regions.slugs(),
                                majors,
                                List.of(new Layout(1, Plan.slugs())),
                                byDefault,
                                majors.stream().filter(targets::contains).toList())),
                Map.of(
                        Clusters.ENGINE,
                        majors.stream()
                                .map(major -> new Availability(
                                        major,
                                        PostgresVersion.endOfLife(major),
                                        PostgresVersion.endOfLife(major),
                                        major.equals(byDefault)))
                                .toList()));
    }
}
