package dev.mooring.database;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.home.CertificateAuthority;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Clusters. */
@Path("/v2/databases")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class ClusterResource {

    private final Clusters clusters;
    private final ClusterReads reads;
    private final ClusterAnswers answers;
    private final ClusterViews views;
    private final CertificateAuthority authority;
    private final Caller caller;

    ClusterResource(
            Clusters clusters,
            ClusterReads reads,
            ClusterAnswers answers,
            ClusterViews views,
            CertificateAuthority authority,
            Caller caller) {
        this.clusters = clusters;
        this.reads = reads;
        this.answers = answers;
        this.views = views;
        this.authority = authority;
        this.caller = caller;
    }

    public record ClusterEnvelope(ClusterView database) {}

    public record ClusterList(List<ClusterView> databases, Page.Links links, Page.Meta meta) {}

    public record CaEnvelope(Ca ca) {}

    @Schema(name = "Ca")
    public record Ca(
            @Schema(description = "base64 of the PEM text") String certificate) {}

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
            content = @Content(schema = @Schema(implementation = ClusterEnvelope.class)))
    public Uni<ClusterEnvelope> create(NewCluster wanted) {
        return clusters.create(wanted)
                .chain(id -> reads.find(id.toString()))
                .map(cluster -> new ClusterEnvelope(views.of(cluster, caller.seesCredentials())));
    }

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List clusters", description = "All of them unless page or per_page is given.")
    public Uni<ClusterList> list(
            @Parameter(name = "tag_name", description = "Only clusters with this tag")
                    @org.jboss.resteasy.reactive.RestQuery("tag_name")
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

    @GET
    @Path("{id}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One cluster")
    @APIResponse(
            responseCode = "200",
            description = "The cluster",
            content = @Content(schema = @Schema(implementation = ClusterEnvelope.class)))
    public Uni<byte[]> get(String id) {
        return answers.of(id);
    }

    @DELETE
    @Path("{id}")
    @RolesAllowed(Scopes.DATABASE_DELETE)
    @Operation(summary = "Delete a cluster", description = "Works in every state. Its data is gone.")
    public Uni<Void> delete(String id) {
        return clusters.delete(id);
    }

    @GET
    @Path("{id}/ca")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "The CA that signed the cluster's certificate", description = "For sslmode=verify-full.")
    public Uni<CaEnvelope> ca(String id) {
        return reads.find(id)
                .map(cluster -> new CaEnvelope(new Ca(
                        Base64.getEncoder().encodeToString(authority.pem().getBytes(StandardCharsets.UTF_8)))));
    }
}
