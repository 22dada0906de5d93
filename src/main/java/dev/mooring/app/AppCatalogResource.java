package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.spec.InstanceSizes;
import dev.mooring.web.ApiException;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What an app can be made of: regions, sizes. */
@Path("/v2/apps")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Apps")
public class AppCatalogResource {

    private static final String TIER = "basic";
    private static final List<SizeView> SIZES =
            InstanceSizes.CURRENT.stream().map(SizeView::of).toList();

    private final AppViews views;

    AppCatalogResource(AppViews views) {
        this.views = views;
    }

    @Schema(name = "AppRegionList")
    public record RegionList(List<AppView.RegionView> regions) {}

    /** 64-bit numbers are text, as the API has them. */
    @Schema(name = "AppInstanceSize")
    public record SizeView(
            String name,
            String slug,
            String cpuType,
            String cpus,
            String memoryBytes,
            String usdPerMonth,
            String usdPerSecond,
            String tierSlug,
            boolean scalable,
            boolean singleInstanceOnly) {

        /** The slug says it all: apps, shared or dedicated, CPUs, memory. */
        static SizeView of(String slug) {
            String[] words = slug.split("-");
            double gib = Double.parseDouble(words[3].replace("gb", ""));
            String cpus = words[2].replace("vcpu", "");
            boolean fixed = slug.endsWith("-fixed");
            return new SizeView(
                    cpus + " vCPU, " + words[3].replace("gb", " GB") + (fixed ? ", one instance" : ""),
                    slug,
                    words[1].equals("s") ? "SHARED" : "DEDICATED",
                    cpus,
                    Long.toString((long) (gib * (1L << 30))),
                    "0",
                    "0",
                    TIER,
                    !fixed,
                    fixed);
        }
    }

    public record SizeList(double discountPercent, List<SizeView> instanceSizes) {}

    public record SizeEnvelope(SizeView instanceSize) {}

    @Schema(name = "AppTier")
    public record TierView(String name, String slug) {}

    public record TierList(List<TierView> tiers) {}

    public record TierEnvelope(TierView tier) {}

    public record BuildpackList(List<Object> buildpacks) {}

    @GET
    @Path("regions")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List regions for apps", description = "They all stand for this installation.")
    public RegionList regions() {
        return new RegionList(views.regions());
    }

    @GET
    @Path("tiers/instance_sizes")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "List instance sizes",
            description = "Names that a spec may have. Nothing is billed, and the local runtime limits nothing.")
    public SizeList sizes() {
        return new SizeList(0, SIZES);
    }

    @GET
    @Path("tiers/instance_sizes/{slug}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One instance size")
    public SizeEnvelope size(String slug) {
        return SIZES.stream()
                .filter(size -> size.slug().equals(slug))
                .findFirst()
                .map(SizeEnvelope::new)
                .orElseThrow(() -> ApiException.notFound("instance size not found"));
    }

    @GET
    @Path("tiers")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List tiers", description = "There is one.")
    public TierList tiers() {
        return new TierList(List.of(new TierView("Basic", TIER)));
    }

    @GET
    @Path("tiers/{slug}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One tier")
    public TierEnvelope tier(String slug) {
        if (!slug.equals(TIER)) {
            throw ApiException.notFound("tier not found");
        }
        return new TierEnvelope(new TierView("Basic", TIER));
    }

    @GET
    @Path("buildpacks")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "List buildpacks",
            description = "There are none: components are built by their build_command.")
    public BuildpackList buildpacks() {
        return new BuildpackList(List.of());
    }
}
