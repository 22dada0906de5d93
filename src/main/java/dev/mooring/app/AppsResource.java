package dev.mooring.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Scopes;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.SpecText;
import dev.mooring.web.Page;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;

/** Apps: their specs come in as JSON or YAML, and go out as the client likes. */
@Path("/v2/apps")
@Consumes(MediaType.WILDCARD)
@Produces({MediaType.APPLICATION_JSON, AppsResource.YAML})
@Tag(name = "Apps")
public class AppsResource {

    static final String YAML = "application/yaml";

    /** Apps of a list that are drawn at a time; each takes questions to the metadata. */
    private static final int MOST_AT_ONCE = 4;

    private final Apps apps;
    private final AppQueries reads;
    private final AppViews views;
    private final Proposals proposals;
    private final ObjectMapper mapper;

    AppsResource(Apps apps, AppQueries reads, AppViews views, Proposals proposals, ObjectMapper mapper) {
        this.apps = apps;
        this.reads = reads;
        this.views = views;
        this.proposals = proposals;
        this.mapper = mapper;
    }

    @RegisterForReflection(registerFullHierarchy = true)
    public record AppEnvelope(AppView app) {}

    @RegisterForReflection(registerFullHierarchy = true)
    public record AppList(List<AppView> apps, Page.Links links, Page.Meta meta) {}

    public record Deleted(UUID id) {}

    /** The description of a request's body; it is read as text, so that it can be echoed. */
    @Schema(name = "AppSpecInput")
    public record SpecInput(
            @Schema(required = true) AppSpec spec,
            String projectId,

            @Schema(description = "Deploy even when the spec says what it said before")
            Boolean updateAllSourceVersions) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List apps")
    @APIResponse(
            responseCode = "200",
            description = "Apps, oldest first",
            content = @Content(schema = @Schema(implementation = AppList.class)))
    public Uni<Response> list(@Context UriInfo uri, @Context HttpHeaders headers) {
        Page.Request request = Page.Request.of(uri, false);
        return reads.apps().chain(all -> {
            Page<App> page = Page.cut(all, request, uri);
            Uni<List<AppView>> drawn = page.items().isEmpty()
                    ? Uni.createFrom().item(List.of())
                    : Uni.join()
                            .all(page.items().stream().map(views::of).toList())
                            .usingConcurrencyOf(MOST_AT_ONCE)
                            .andFailFast();
            return drawn.map(list -> answer(new AppList(list, page.links(), page.meta()), headers));
        });
    }

    /** An app, by what people call it. */
    public record Named(UUID id, String name) {}

    /** All of them, for who follows no links and needs no more. */
    @RolesAllowed(Scopes.APP_READ)
    public Uni<List<Named>> names() {
        return reads.apps()
                .map(all -> all.stream().map(app -> new Named(app.id, app.name)).toList());
    }

    @POST
    @RolesAllowed(Scopes.APP_CREATE)
    @RequestBody(content = @Content(schema = @Schema(implementation = SpecInput.class)))
    @Operation(
            summary = "Create an app",
            description = "Makes its dev databases and deploys it; pending_deployment is what to look at.")
    @APIResponse(
            responseCode = "200",
            description = "The app",
            content = @Content(schema = @Schema(implementation = AppEnvelope.class)))
    public Uni<Response> create(String body, @Context HttpHeaders headers) {
        return apps.create(Specs.body(body, headers.getHeaderString(HttpHeaders.CONTENT_TYPE)))
                .chain(views::of)
                .map(app -> answer(new AppEnvelope(app), headers));
    }

    @GET
    @Path("{id}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One app")
    @APIResponse(
            responseCode = "200",
            description = "The app",
            content = @Content(schema = @Schema(implementation = AppEnvelope.class)))
    public Uni<Response> get(@RestPath String id, @Context HttpHeaders headers) {
        return reads.app(id).chain(views::of).map(app -> answer(new AppEnvelope(app), headers));
    }

    @PUT
    @Path("{id}")
    @RolesAllowed(Scopes.APP_UPDATE)
    @RequestBody(content = @Content(schema = @Schema(implementation = SpecInput.class)))
    @Operation(
            summary = "Give an app another spec",
            description =
                    "Deploys it, behind deployments that are under way; a spec that says the same changes nothing."
                            + " Dev databases that are no longer in it go when the deployment is active.")
    @APIResponse(
            responseCode = "200",
            description = "The app",
            content = @Content(schema = @Schema(implementation = AppEnvelope.class)))
    public Uni<Response> update(@RestPath String id, String body, @Context HttpHeaders headers) {
        return apps.update(id, Specs.body(body, headers.getHeaderString(HttpHeaders.CONTENT_TYPE)))
                .chain(views::of)
                .map(app -> answer(new AppEnvelope(app), headers));
    }

    @DELETE
    @Path("{id}")
    @RolesAllowed(Scopes.APP_DELETE)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Delete an app", description = "Works in every state. Its dev databases go with it.")
    public Uni<Deleted> delete(@RestPath String id) {
        return apps.delete(id).map(Deleted::new);
    }

    @POST
    @Path("propose")
    @RolesAllowed(Scopes.APP_READ)
    @Produces(MediaType.APPLICATION_JSON)
    @RequestBody(content = @Content(schema = @Schema(implementation = SpecInput.class)))
    @Operation(
            summary = "Check a spec without storing it",
            description =
                    "warnings tells what is allowed and may not be meant: references to nothing, clusters that are"
                            + " not there, databases that stay behind in another region.")
    public Uni<Proposals.Proposal> propose(String body, @Context HttpHeaders headers) {
        ObjectNode request = Specs.body(body, headers.getHeaderString(HttpHeaders.CONTENT_TYPE));
        return proposals.of(request);
    }

    private Response answer(Object envelope, HttpHeaders headers) {
        String accept = headers.getHeaderString(HttpHeaders.ACCEPT);
        if (accept != null && accept.contains("yaml")) {
            JsonNode tree = mapper.valueToTree(envelope);
            return Response.ok(SpecText.toYaml(tree), YAML).build();
        }
        return Response.ok(envelope, MediaType.APPLICATION_JSON + ";charset=utf-8")
                .build();
    }
}
