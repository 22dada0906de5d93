package dev.mooring.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Regions;
import dev.mooring.app.handover.Handovers;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.SpecText;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.app.spec.rule.SpecRules;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Specs as they come in requests. */
@ApplicationScoped
public class Specs {

    private static final int CITY = 3;

    private final SpecReader reader;
    private final AppDatabases databases;
    private final Regions regions;
    private final DataPlanes planes;
    private final Handovers handovers;

    Specs(SpecReader reader, AppDatabases databases, Regions regions, DataPlanes planes, Handovers handovers) {
        this.reader = reader;
        this.databases = databases;
        this.regions = regions;
        this.planes = planes;
        this.handovers = handovers;
    }

    /**
     * The body of a request about a spec: JSON with a member {@code spec}, or YAML, where the spec may also be everything.
     *
     * @throws ApiException 400
     */
    static ObjectNode body(String text, @Nullable String contentType) {
        boolean yaml = contentType != null && contentType.contains("yaml");
        try {
            JsonNode tree = yaml ? SpecText.yaml(text) : SpecText.json(text);
            if (!(tree instanceof ObjectNode object)) {
                throw ApiException.badRequest("error parsing request body: an object with the member spec is required");
            }
            if (yaml && !object.has("spec") && object.has("name")) {
                ObjectNode wrapped = object.objectNode();
                wrapped.set("spec", object);
                return wrapped;
            }
            return object;
        } catch (SpecText.Unreadable e) {
            throw ApiException.badRequest("error parsing request body: " + e.getMessage());
        }
    }

    /** Reads the spec of a body; what is wrong with it is in the findings. */
    Uni<SpecReader.Read> read(ObjectNode body) {
        if (!(body.get("spec") instanceof ObjectNode spec)) {
            throw ApiException.badRequest("error validating app spec: spec: is required and must be an object");
        }
        if (!planes.servesApps()) {
            throw ApiException.unprocessable("apps are not available on the data plane "
                    + String.join(
                            ", ", planes.all().stream().map(DataPlane::name).toList())
                    + ": they need MOORING_DATAPLANE=local, or MOORING_APPS_RUNTIME=kubernetes");
        }
        return databases
                .versions()
                .map(versions -> reader.read(spec, new SpecRules.Offer(names(), versions.majors())))
                .invoke(read -> {
                    if (read.findings().errors().isEmpty()) {
                        handovers.check(read.spec());
                    }
                });
    }

    /** @throws ApiException 400 with every error */
    static void refuse(Findings findings) {
        if (!findings.errors().isEmpty()) {
            throw ApiException.badRequest("error validating app spec: " + String.join("; ", findings.errors()));
        }
    }

    /** What a spec may name as its region: cities, and data centres for those who know them. */
    Set<String> names() {
        Set<String> names = new TreeSet<>(regions.slugs());
        regions.slugs().forEach(slug -> names.add(city(slug)));
        return names;
    }

    public static String city(String slug) {
        return slug.length() > CITY ? slug.substring(0, CITY) : slug;
    }

    /** The data centre for a spec's region; the first for none. */
    String slug(@Nullable String region) {
        return regions.slugs().stream()
                .filter(slug -> region == null
                        || region.isBlank()
                        || slug.equals(region)
                        || city(slug).equals(region))
                .findFirst()
                .orElse(regions.slugs().getFirst());
    }
}
