package dev.mooring.database.provisioning;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Regions;
import dev.mooring.access.Scopes;
import dev.mooring.database.placement.Nodes;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What can be ordered. */
@Path("/v2/databases/options")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class OptionsResource {

    private final EngineCatalog engines;
    private final Nodes nodes;
    private final Regions regions;

    OptionsResource(EngineCatalog engines, Nodes nodes, Regions regions) {
        this.engines = engines;
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
            @Nullable String endOfLife,
            @Nullable String endOfAvailability,
            @JsonProperty("default") boolean isDefault) {}

    @Schema(name = "DatabaseOptions")
    public record Options(Map<String, EngineOptions> options, Map<String, List<Availability>> versionAvailability) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "Engines, versions, regions and sizes")
    public Uni<Options> options() {
        return Multi.createFrom()
                .iterable(engines.all())
                .onItem()
                .transformToUniAndConcatenate(engine -> nodes.versions(engine.slug())
                        .chain(versions -> nodes.upgradeTargets(engine.slug())
                                .map(targets -> new Offered(engine, versions, targets))))
                .select()
                .where(offered -> !offered.versions().isEmpty())
                .collect()
                .asList()
                .map(this::options);
    }

    private record Offered(Engine engine, List<String> versions, List<String> upgradeTargets) {}

    private Options options(List<Offered> offered) {
        Map<String, EngineOptions> options = new TreeMap<>();
        Map<String, List<Availability>> availability = new TreeMap<>();
        for (Offered one : offered) {
            Engine engine = one.engine();
            String byDefault = engine.defaultOf(one.versions());
            options.put(
                    engine.slug(),
                    new EngineOptions(
                            regions.slugs(),
                            one.versions(),
                            nodes.counts(engine).stream()
                                    .map(count -> new Layout(
                                            count,
                                            engine.plans().stream()
                                                    .map(Plan::slug)
                                                    .toList()))
                                    .toList(),
                            byDefault,
                            one.versions().stream()
                                    .filter(one.upgradeTargets()::contains)
                                    .toList()));
            availability.put(
                    engine.slug(),
                    one.versions().stream()
                            .map(version -> new Availability(
                                    version,
                                    engine.endOfLife(version),
                                    engine.endOfLife(version),
                                    version.equals(byDefault)))
                            .toList());
        }
        return new Options(options, availability);
    }
}
