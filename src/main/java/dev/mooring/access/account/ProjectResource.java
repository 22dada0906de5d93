package dev.mooring.access.account;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.web.ApiException;
import dev.mooring.web.Effects;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheQuery;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.persistence.LockModeType;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.hibernate.exception.ConstraintViolationException;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** The drawers that a team keeps its clusters and apps in. In the place of an id, "default" is the default one. */
@Path("/v2/projects")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Projects")
public class ProjectResource {

    private static final String DEFAULT = "default";
    private static final int CONFLICT = 409;
    private static final String UNIQUE_NAME = "project_name";

    private final Projects projects;
    private final Caller caller;
    private final Effects effects;
    private final Clock clock;

    ProjectResource(Projects projects, Caller caller, Effects effects, Clock clock) {
        this.clock = clock;
        this.projects = projects;
        this.caller = caller;
        this.effects = effects;
    }

    @Schema(name = "Project")
    public record ProjectView(
            UUID id,
            UUID ownerUuid,
            long ownerId,
            String name,
            String description,
            String purpose,
            String environment,
            boolean isDefault,
            String createdAt,
            String updatedAt) {
        static ProjectView of(Project project) {
            return new ProjectView(
                    project.id,
                    project.team,
                    1,
                    project.name,
                    project.description,
                    project.purpose,
                    project.environment,
                    project.isDefault,
                    Formats.time(project.createdAt),
                    Formats.time(project.updatedAt));
        }
    }

    public record ProjectEnvelope(ProjectView project) {}

    public record ProjectList(List<ProjectView> projects, Page.Links links, Page.Meta meta) {}

    @Schema(name = "ProjectResource")
    public record ResourceView(
            @Schema(examples = "do:dbaas:9cc10173-e9ea-4176-9dbc-a4cee4c4ff30")
            String urn,

            @Nullable String assignedAt,
            Map<String, String> links,

            @Schema(enumeration = {"ok", "assigned", "already_assigned", "not_found"})
            String status) {}

    @Schema(name = "ProjectResourceList")
    public record ResourceList(List<ResourceView> resources, Page.Links links, Page.Meta meta) {}

    @Schema(name = "ProjectAssignment")
    public record Assignment(
            @Schema(required = true, description = "URNs: do:dbaas:<id> and do:app:<id>")
            List<String> resources) {}

    @GET
    @RolesAllowed(Scopes.PROJECT_READ)
    @WithSession
    @Operation(summary = "List projects")
    public Uni<ProjectList> list(@Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return Project.<Project>list("team = ?1 order by createdAt, id", caller.team())
                .map(all -> Page.cut(all.stream().map(ProjectView::of).toList(), request, uri))
                .map(page -> new ProjectList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.PROJECT_CREATE)
    @Operation(summary = "Create a project", description = "409 for a name that the team has already.")
    @APIResponse(
            responseCode = "201",
            description = "The project",
            content = @Content(schema = @Schema(implementation = ProjectEnvelope.class)))
    public Uni<ProjectEnvelope> create(ProjectInput wanted) {
        ProjectInput.check(wanted, true, false);
        Project project = new Project();
        project.id = UUID.randomUUID();
        project.team = caller.team();
        project.description = "";
        project.environment = ProjectInput.ENVIRONMENTS.getFirst();
        wanted.writeTo(project, OffsetDateTime.now(clock));
        effects.subject("project", project.id.toString());
        return saved(Panache.withTransaction(project::persistAndFlush)).chain(() -> get(project.id.toString()));
    }

    @GET
    @Path("{id}")
    @RolesAllowed(Scopes.PROJECT_READ)
    @Operation(summary = "One project")
    public Uni<ProjectEnvelope> get(String id) {
        return Panache.withSession(() -> find(id)).map(project -> new ProjectEnvelope(ProjectView.of(project)));
    }

    @PUT
    @Path("{id}")
    @RolesAllowed(Scopes.PROJECT_UPDATE)
    @Operation(summary = "Replace what is said of a project", description = "All of it has to be given.")
    public Uni<ProjectEnvelope> replace(String id, ProjectInput wanted) {
        return change(id, wanted, true);
    }

    @PATCH
    @Path("{id}")
    @RolesAllowed(Scopes.PROJECT_UPDATE)
    @Operation(summary = "Change what is said of a project")
    public Uni<ProjectEnvelope> patch(String id, ProjectInput wanted) {
        return change(id, wanted, false);
    }

    @DELETE
    @Path("{id}")
    @RolesAllowed(Scopes.PROJECT_DELETE)
    @Operation(
            summary = "Delete a project",
            description = "412, naming them, while it has resources, and for the default project.")
    public Uni<Void> delete(String id) {
        return Panache.withSession(() -> find(id)).chain(projects::delete);
    }

    @GET
    @Path("{id}/resources")
    @RolesAllowed(Scopes.PROJECT_READ)
    @Operation(summary = "List the resources of a project")
    public Uni<ResourceList> resources(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return Panache.withSession(() -> find(id))
                .chain(project -> projects.resources(project.id))
                .map(all -> Page.cut(all, request, uri))
                .map(page -> new ResourceList(views(page.items()), page.links(), page.meta()));
    }

    @POST
    @Path("{id}/resources")
    @RolesAllowed("project:assign_resource")
    @Operation(
            summary = "Assign resources to a project",
            description =
                    "Each answers for itself: one that the team does not have is not_found, and the others are moved.")
    @APIResponse(
            responseCode = "200",
            description = "What became of each",
            content = @Content(schema = @Schema(implementation = ResourceList.class)))
    @ResponseStatus(200)
    public Uni<ResourceList> assign(String id, @Nullable Assignment wanted) {
        return Panache.withSession(() -> find(id))
                .chain(project -> projects.assign(project.id, wanted == null ? null : wanted.resources()))
                .map(all -> new ResourceList(views(all), new Page.Links(null), new Page.Meta(all.size())));
    }

    private static List<ResourceView> views(List<Projects.Resource> all) {
        return all.stream()
                .map(one ->
                        new ResourceView(one.urn(), one.assignedAt(), Map.of("self", self(one.urn())), one.status()))
                .toList();
    }

    private static String self(String urn) {
        String[] parts = urn.split(":");
        return (parts[1].equals("app") ? "/v2/apps/" : "/v2/databases/") + parts[2];
    }

    /** In the caller's session; fails with 404. */
    private Uni<Project> find(String id) {
        return query(id).<Project>firstResult().onItem().ifNull().failWith(ProjectResource::notFound);
    }

    /** The same, locked until the end of the caller's transaction. */
    private Uni<Project> hold(String id) {
        return query(id)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .<Project>firstResult()
                .onItem()
                .ifNull()
                .failWith(ProjectResource::notFound);
    }

    private PanacheQuery<Project> query(String id) {
        if (id.equals(DEFAULT)) {
            return Project.find("team = ?1 and isDefault", caller.team());
        }
        try {
            return Project.find("team = ?1 and id = ?2", caller.team(), UUID.fromString(id));
        } catch (IllegalArgumentException e) {
            throw notFound();
        }
    }

    private static ApiException notFound() {
        return ApiException.notFound("project not found");
    }

    /** Two that become the default at once do so one after the other. In the caller's transaction. */
    private Uni<Void> oneDefault(@Nullable ProjectInput wanted) {
        return wanted == null || !wanted.becomesDefault()
                ? Uni.createFrom().voidItem()
                : Panache.getSession()
                        .chain(session -> session.createNativeQuery(
                                        "select id from team where id = :team for no key update", UUID.class)
                                .setParameter("team", caller.team())
                                .getSingleResultOrNull())
                        .replaceWithVoid();
    }

    private Uni<ProjectEnvelope> change(String id, ProjectInput wanted, boolean whole) {
        return saved(Panache.withTransaction(() -> oneDefault(wanted)
                        .chain(() -> hold(id))
                        .chain(project -> {
                            ProjectInput.check(wanted, whole, project.isDefault);
                            wanted.writeTo(project, OffsetDateTime.now(clock));
                            boolean becomes = wanted.becomesDefault() && !project.isDefault;
                            return (becomes
                                            ? Project.update(
                                                    "isDefault = false where team = ?1 and isDefault", project.team)
                                            : Uni.createFrom().item(0))
                                    .invoke(() -> project.isDefault = project.isDefault || becomes)
                                    .chain(() -> Panache.flush());
                        })))
                .chain(() -> get(id));
    }

    private static Uni<Void> saved(Uni<?> saving) {
        return saving.replaceWithVoid()
                .onFailure(ProjectResource::isTaken)
                .transform(taken -> new ApiException(CONFLICT, "a project of that name exists already"));
    }

    private static boolean isTaken(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConstraintViolationException violation
                    && UNIQUE_NAME.equals(violation.getConstraintName())) {
                return true;
            }
        }
        return false;
    }
}
