package dev.mooring.database.provisioning;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.cluster.ClusterViews;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** All clusters, and new ones. */
@Path("/v2/databases")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class ClustersResource {

    private final Clusters clusters;
    private final ClusterQueries reads;
    private final ClusterViews views;
    private final Caller caller;

    ClustersResource(Clusters clusters, ClusterQueries reads, ClusterViews views, Caller caller) {
        this.clusters = clusters;
        this.reads = reads;
        this.views = views;
        this.caller = caller;
    }

    public record ClusterList(List<ClusterView> databases, Page.Links links, Page.Meta meta) {}

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_CREATE)
    @Operation(
            summary = "Create a cluster",
            description =
                    "Answers before the server runs: the status is creating, then online. Host, port and password are"
                            + " final from this answer on.")
    @APIResponse(
            responseCode = "201",
            description = "The cluster",
            content = @Content(schema = @Schema(implementation = ClusterResource.ClusterEnvelope.class)))
    public Uni<ClusterResource.ClusterEnvelope> create(NewCluster wanted) {
        return clusters.create(wanted)
                .chain(id -> reads.find(id.toString()))
                .map(cluster -> new ClusterResource.ClusterEnvelope(views.of(cluster, caller.seesCredentials())));
    }

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List clusters", description = "All of them unless page or per_page is given.")
    public Uni<ClusterList> list(
            @Parameter(name = "tag_name", description = "Only clusters with this tag")
                    @org.jboss.resteasy.reactive.RestQuery("tag_name")
                    @Nullable
                    String tagName,
            @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return reads.list(NewCluster.orNull(tagName))
                .map(all -> Page.cut(
                        all.stream()
                                .map(cluster -> views.of(cluster, caller.seesCredentials()))
                                .toList(),
                        request,
                        uri))
                .map(page -> new ClusterList(page.items(), page.links(), page.meta()));
    }
}
