package dev.mooring.database.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.cluster.ClusterViews;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.cluster.change.PoolOffers;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.network.FirewallRules;
import dev.mooring.database.network.HostNameClaims;
import dev.mooring.database.network.HostNames;
import dev.mooring.database.network.RulesOrNone;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** How a cluster is set up: trusted sources, configuration, names, maintenance window. */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Database settings")
public class SettingsResource {

    private static final List<String> DAYS =
            List.of("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday");
    private static final Pattern HOUR = Pattern.compile("([01]\\d|2[0-3]):([0-5]\\d)(?::([0-5]\\d))?");

    private final ClusterChanges changes;
    private final ClusterQueries reads;
    private final ClusterViews views;
    private final FirewallRules firewall;
    private final HostNameClaims claims;
    private final ClusterSpecs wishes;
    private final ConfigPreview preview;
    private final PoolOffers pools;
    private final ObjectMapper mapper;

    SettingsResource(
            ClusterChanges changes,
            ClusterQueries reads,
            ClusterViews views,
            FirewallRules firewall,
            HostNameClaims claims,
            ClusterSpecs wishes,
            ConfigPreview preview,
            PoolOffers pools,
            ObjectMapper mapper) {
        this.changes = changes;
        this.reads = reads;
        this.views = views;
        this.firewall = firewall;
        this.claims = claims;
        this.wishes = wishes;
        this.preview = preview;
        this.pools = pools;
        this.mapper = mapper;
    }

    public record RuleList(List<ClusterView.RuleView> rules) {}

    public record NewRules(
            @Schema(required = true, description = "null is an empty list")
            @JsonDeserialize(using = RulesOrNone.class)
            @Nullable
            List<NewCluster.RuleInput> rules) {}

    @Schema(name = "DatabaseConfig")
    public record ConfigEnvelope(
            @Schema(
                    implementation = Object.class,
                    description = "Keys and ranges of DigitalOcean's configuration of the engine",
                    examples = "{\"work_mem\": 8}")
            JsonNode config) {}

    @Schema(name = "MaintenanceWindowInput")
    public record Window(
            @Schema(required = true, examples = "saturday") String day,

            @Schema(required = true, description = "UTC", examples = "03:00")
            String hour) {}

    public record DoSettingsEnvelope(ClusterView.DoSettings doSettings) {}

    @GET
    @Path("firewall")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List trusted sources")
    public Uni<RuleList> rules(String id) {
        return reads.find(id).map(cluster -> new RuleList(views.rules(cluster)));
    }

    @PUT
    @Path("firewall")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Replace the trusted sources",
            description =
                    "An empty list, or null in its place, opens the cluster to everybody with credentials, and nothing else does: where the"
                            + " last source went by itself, a source stands in the list that lets nobody in. Sessions from"
                            + " elsewhere end. Apps that deployments have made trusted sources stay in a list that does not"
                            + " name them: POST /v2/apps/{id}/components/{name}/trusted_sources takes one out.")
    public Uni<Void> replaceRules(String id, @Nullable NewRules wanted) {
        Problems problems = new Problems();
        List<NewCluster.RuleInput> given = wanted == null ? null : wanted.rules();
        problems.check(given != null, "rules", "is required; [] opens the cluster");
        FirewallRules.check(problems, given);
        List<NewCluster.RuleInput> rules = problems.whole(given);
        return changes.change(
                id,
                cluster -> firewall.withAttached(cluster.id, rules)
                        .chain(all -> firewall.replace(cluster, all))
                        .chain(() ->
                                ClusterEvent.of(cluster, ClusterEvent.UPDATE).persist())
                        .replaceWithVoid());
    }

    @GET
    @Path("config")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "The configuration in force")
    public Uni<ConfigEnvelope> config(String id) {
        return preview.effective(id).map(ConfigEnvelope::new);
    }

    @PATCH
    @Path("config")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Change the configuration",
            description =
                    "Answers once it is in force. Keys that need it restart the server, which ends its sessions: with"
                            + " dry_run=true the answer says which ones would, and nothing is changed.")
    @RequestBody(content = @Content(schema = @Schema(implementation = ConfigEnvelope.class)))
    @APIResponse(
            responseCode = "200",
            description = "In force; or what it would take",
            content = @Content(schema = @Schema(implementation = ConfigReceipt.class)))
    public Uni<ConfigReceipt> changeConfig(
            String id,
            ConfigEnvelope wanted,
            @Parameter(
                            description = "true to be told what the change would do",
                            schema = @Schema(type = SchemaType.BOOLEAN))
                    @RestQuery("dry_run")
                    @Nullable
                    String dryRun) {
        Problems problems = new Problems();
        problems.check(
                wanted != null && wanted.config() != null && wanted.config().isObject(), "config", "must be an object");
        problems.check(
                dryRun == null || dryRun.equals("true") || dryRun.equals("false"), "dry_run", "must be true or false");
        problems.throwIfAny();
        ObjectNode changed = PgConfig.wanted(wanted.config());
        if ("true".equals(dryRun)) {
            return preview.of(id, changed).map(ConfigReceipt::wouldBe);
        }
        return changes.change(
                id,
                cluster -> {
                    ObjectNode config = PgConfig.read(mapper, cluster.config);
                    EngineConfig.check(cluster.engine, problems, changed, config);
                    problems.throwIfAny();
                    pools.requireFor(changed, cluster);
                    cluster.config = wishes.json(PgConfig.merged(config, changed));
                    return ClusterEvent.of(cluster, ClusterEvent.UPDATE)
                            .persist()
                            .replaceWithVoid();
                },
                (operation, nothing) -> ConfigReceipt.of(operation));
    }

    @GET
    @Path("do_settings")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "Other names of the cluster")
    public Uni<DoSettingsEnvelope> names(String id) {
        return reads.find(id)
                .map(cluster -> new DoSettingsEnvelope(views.of(cluster, false).doSettings()));
    }

    @PUT
    @Path("do_settings")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Replace the other names of the cluster", description = "They go into its certificate.")
    public Uni<Void> changeNames(String id, @Nullable DoSettingsEnvelope wanted) {
        if (wanted == null || wanted.doSettings() == null || wanted.doSettings().serviceCnames() == null) {
            throw ApiException.badRequest("do_settings.service_cnames: is required; [] removes all names");
        }
        Problems problems = new Problems();
        HostNames.check(
                problems, "do_settings.service_cnames", wanted.doSettings().serviceCnames());
        problems.throwIfAny();
        List<String> names = wanted.doSettings().serviceCnames();
        return changes.change(
                id,
                cluster -> claims.claim(cluster.id, names).invoke(() -> cluster.serviceCnames = wishes.json(names)));
    }

    @PUT
    @Path("maintenance")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Set the maintenance window")
    public Uni<Void> maintenance(String id, @Nullable Window wanted) {
        Problems problems = new Problems();
        String day = wanted == null || wanted.day() == null ? "" : wanted.day().toLowerCase(Locale.ROOT);
        Matcher hour = HOUR.matcher(wanted == null || wanted.hour() == null ? "" : wanted.hour());
        problems.check(DAYS.contains(day), "day", "must be one of " + String.join(", ", DAYS));
        problems.check(hour.matches(), "hour", "must be HH:MM or HH:MM:SS in UTC");
        problems.throwIfAny();
        return Panache.withTransaction(() -> changes.lock(id)
                        .invoke(cluster -> {
                            cluster.maintenanceDay = day;
                            cluster.maintenanceHour = hour.group(1) + ":" + hour.group(2) + ":"
                                    + (hour.group(3) == null ? "00" : hour.group(3));
                        })
                        .chain(cluster ->
                                ClusterEvent.of(cluster, ClusterEvent.UPDATE).persist()))
                .replaceWithVoid();
    }
}
