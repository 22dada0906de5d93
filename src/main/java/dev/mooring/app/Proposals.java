package dev.mooring.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import dev.mooring.app.binding.ConversionPlans;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.release.AppBindings;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.app.spec.rule.SpecSecrets;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What would become of a spec. */
@ApplicationScoped
public class Proposals {

    private final Specs specs;
    private final AppQueries reads;
    private final AppBindings bindings;
    private final AppDatabases databases;
    private final ConversionPlans conversions;
    private final Vault vault;
    private final Caller caller;

    Proposals(
            Specs specs,
            AppQueries reads,
            AppBindings bindings,
            AppDatabases databases,
            ConversionPlans conversions,
            Vault vault,
            Caller caller) {
        this.specs = specs;
        this.reads = reads;
        this.bindings = bindings;
        this.databases = databases;
        this.conversions = conversions;
        this.vault = vault;
        this.caller = caller;
    }

    /**
     * @param appCost always 0: nothing is billed
     * @param warnings what is allowed and may not be meant
     */
    @Schema(name = "AppProposal")
    public record Proposal(
            boolean appNameAvailable,
            String appNameSuggestion,
            boolean appIsStatic,
            String existingStaticApps,
            String maxFreeStaticApps,
            @Schema(implementation = AppSpec.class) JsonNode spec,
            int appCost,
            List<String> warnings) {}

    Uni<Proposal> of(ObjectNode body) {
        String id = body.path("app_id").asText("");
        Uni<App> app = id.isBlank() ? Uni.createFrom().nullItem() : reads.app(id);
        return app.chain(present -> specs.read(body).chain(read -> check(read, present)));
    }

    private Uni<Proposal> check(SpecReader.Read read, @Nullable App app) {
        SpecKey key = SpecKey.of(app == null ? SpecKey.make() : vault.unseal(app.specKey));
        new SpecSecrets(key, app == null ? null : Apps.stored(app))
                .encrypt(read.tree().deepCopy(), read.findings());
        UUID id = app == null ? new UUID(0, 0) : app.id;
        return databases.of(caller.team(), id).chain(present -> {
            Apps.compare(read, present);
            return conversions.of(caller.team(), id, read).chain(plans -> {
                Specs.refuse(read.findings());
                return reads.nameFree(read.spec().name(), id)
                        .chain(free -> bindings.find(caller.team(), id, read.spec())
                                .chain(found -> suggestion(read.spec().name(), free)
                                        .map(suggestion -> new Proposal(
                                                free,
                                                suggestion,
                                                isStatic(read.spec()),
                                                "0",
                                                "0",
                                                read.tree(),
                                                0,
                                                warnings(read, found, plans)))));
            });
        });
    }

    private static List<String> warnings(
            SpecReader.Read read, AppBindings.Found found, List<ConversionPlans.Plan> plans) {
        List<String> warnings = new ArrayList<>(read.findings().warnings());
        for (ConversionPlans.Plan plan : plans) {
            warnings.add(plan.dev().component() + ": the dev database becomes the managed cluster "
                    + plan.wanted().name() + ", with all that it holds");
        }
        found.problems().stream()
                .filter(problem -> plans.stream()
                        .noneMatch(plan -> problem.startsWith(plan.dev().component() + ": ")))
                .forEach(warnings::add);
        return warnings;
    }

    /** Another name that is free; null when the one asked for is. */
    private Uni<String> suggestion(String name, boolean free) {
        if (free) {
            return Uni.createFrom().nullItem();
        }
        String stem = name.length() > 29 ? name.substring(0, 29) : name;
        return suggestion(stem, 2);
    }

    private Uni<String> suggestion(String stem, int number) {
        String name = stem + "-" + number;
        if (number > 99) {
            throw ApiException.badRequest("error validating app spec: name: is taken, and so are all like it");
        }
        return reads.nameFree(name, null)
                .chain(free -> free ? Uni.createFrom().item(name) : suggestion(stem, number + 1));
    }

    private static boolean isStatic(AppSpec spec) {
        return !spec.of(AppSpec.Kind.STATIC_SITE).isEmpty()
                && spec.of(AppSpec.Kind.STATIC_SITE).size() == spec.parts().size();
    }
}
