package dev.mooring.database.network;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.ClientSessions;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What another list of trusted sources would do to whoever is connected. */
@Path("/mooring/v1/databases/{id}/firewall/check")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Database settings")
public class FirewallCheckResource {

    private final ClusterQueries reads;
    private final ClusterSpecs specs;
    private final ClusterPlanes planes;
    private final FirewallRules firewall;

    FirewallCheckResource(ClusterQueries reads, ClusterSpecs specs, ClusterPlanes planes, FirewallRules firewall) {
        this.reads = reads;
        this.specs = specs;
        this.planes = planes;
        this.firewall = firewall;
    }

    @Schema(name = "FirewallCheckInput")
    public record Wanted(
            @Schema(required = true, description = "The whole list, as PUT /v2/databases/{id}/firewall takes it")
            @JsonDeserialize(using = RulesOrNone.class)
            List<NewCluster.RuleInput> rules) {}

    @Schema(name = "EndingSessions")
    public record Ending(
            @Nullable String address,
            @Nullable String user,
            @Nullable String database,
            int sessions) {}

    @Schema(name = "FirewallCheck")
    public record Check(
            @Schema(
                    description =
                            "Sessions of clients that are open now, on every node and through pools; absent where that cannot be"
                                    + " told: of Kafka, and while the cluster does not run here")
            @Nullable
            Integer openSessions,

            @Schema(description = "How many of them would end; absent likewise") @Nullable
            Integer endingSessions,

            @Schema(description = "Whose they are") List<Ending> ending) {

        private static Check of(List<ClientSessions> sessions) {
            List<ClientSessions> strange =
                    sessions.stream().filter(some -> !some.trusted()).toList();
            return new Check(
                    count(sessions),
                    count(strange),
                    strange.stream()
                            .map(some -> new Ending(some.address(), some.user(), some.database(), some.count()))
                            .toList());
        }

        private static int count(List<ClientSessions> sessions) {
            return sessions.stream().mapToInt(ClientSessions::count).sum();
        }
    }

    public record CheckEnvelope(Check firewallCheck) {}

    /** Who is connected is nothing for those who may only read. */
    @POST
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "How many open sessions other trusted sources would end",
            description =
                    "Nothing is changed. Read-only nodes have trusted sources of their own, and are not looked at.")
    public Uni<CheckEnvelope> check(String id, @Nullable Wanted wanted) {
        return reads.find(id)
                .chain(cluster -> {
                    Problems problems = new Problems();
                    List<NewCluster.RuleInput> given = wanted == null ? null : wanted.rules();
                    problems.check(given != null, "rules", "is required; [] is an open cluster");
                    FirewallRules.check(problems, given);
                    List<NewCluster.RuleInput> rules = problems.whole(given);
                    return Panache.withSession(() -> firewall.withAttached(cluster.id(), rules))
                            .chain(all -> planes.ask(
                                    cluster.plane(), plane -> plane.sessions(cluster.id(), specs.networks(all))));
                })
                .map(sessions ->
                        new CheckEnvelope(sessions.map(Check::of).orElseGet(() -> new Check(null, null, List.of()))));
    }
}
