package dev.mooring.database.member;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterViews;
import dev.mooring.database.cluster.UserView;
import dev.mooring.web.ApiException;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Users of a cluster. */
@Path("/v2/databases/{id}/users")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Database users")
public class UserResource {

    private final Users users;
    private final ClusterQueries reads;
    private final ClusterViews views;
    private final Caller caller;

    UserResource(Users users, ClusterQueries reads, ClusterViews views, Caller caller) {
        this.users = users;
        this.reads = reads;
        this.views = views;
        this.caller = caller;
    }

    public record UserEnvelope(UserView user) {}

    public record UserList(List<UserView> users, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List users")
    public Uni<UserList> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return reads.find(id)
                .map(cluster -> Page.cut(
                        cluster.users().stream()
                                .map(user -> views.user(user, caller.seesCredentials()))
                                .toList(),
                        request,
                        uri))
                .map(page -> new UserList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Create a user",
            description = "The password is made here. The user may create tables in every database made over this API.")
    public Uni<UserEnvelope> create(String id, Users.NewUser wanted) {
        return users.create(id, wanted).chain(name -> user(id, name));
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One user")
    public Uni<UserEnvelope> get(String id, String name) {
        return user(id, name);
    }

    @PUT
    @Path("{name}")
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Replace a user's settings")
    public Uni<UserEnvelope> update(String id, String name, Users.UserChange wanted) {
        return users.update(id, name, wanted).chain(() -> user(id, name));
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Delete a user",
            description =
                    "What it owned belongs afterwards to a role that nobody logs in as and that doadmin is a member of;"
                            + " the operation's receipt names it. Its sessions end.")
    public Uni<Void> delete(String id, String name) {
        return users.delete(id, name);
    }

    @POST
    @Path("{name}/reset_auth")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Give a user a new password",
            description = "Sessions that are open stay open, but for those that hold the change up.")
    public Uni<UserEnvelope> reset(String id, String name) {
        return users.resetPassword(id, name).chain(() -> user(id, name));
    }

    private Uni<UserEnvelope> user(String id, String name) {
        return reads.find(id)
                .map(cluster -> cluster.users().stream()
                        .filter(user -> user.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> ApiException.notFound("user not found")))
                .map(user -> new UserEnvelope(views.user(user, caller.seesCredentials())));
    }
}
