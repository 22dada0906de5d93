package dev.mooring.console.cluster;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.member.DatabaseResource;
import dev.mooring.database.member.UserResource;
import dev.mooring.database.member.Users;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** A cluster at a glance: how to connect, its users and databases. */
@Page
@Path("/console/databases/{id}")
public class ClusterPages {

    private final ClusterReader reader;
    private final UserResource users;
    private final DatabaseResource databases;
    private final Shell shell;
    private final Forms forms;
    private final Caller caller;

    ClusterPages(
            ClusterReader reader,
            UserResource users,
            DatabaseResource databases,
            Shell shell,
            Forms forms,
            Caller caller) {
        this.reader = reader;
        this.users = users;
        this.databases = databases;
        this.shell = shell;
        this.forms = forms;
        this.caller = caller;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance overview(Frame frame, Seen seen, String show, boolean password, Typed typed);
    }

    @GET
    public Uni<Response> overview(String id, @RestQuery @Nullable String show, @Context UriInfo uri) {
        return draw(id, show, false, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, @Nullable String show, boolean password, Typed typed, UriInfo uri) {
        String shown = "string".equals(show) ? "string" : "parameters";
        return reader.find(id, password, uri)
                .chain(seen -> Html.ok(Templates.overview(shell.frame(), seen, shown, password, typed)));
    }

    /** The only page with passwords in it: nothing leads to it but this form. */
    @POST
    @Path("credentials")
    public Uni<Response> credentials(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.show(
                form,
                () -> {
                    if (!caller.seesCredentials()) {
                        throw new ForbiddenException("it lacks the scope " + Scopes.DATABASE_CREDENTIALS);
                    }
                    return draw(id, form.getFirst("show"), true, Typed.NOTHING, uri);
                },
                typed -> draw(id, form.getFirst("show"), false, typed, uri));
    }

    @POST
    @Path("users")
    public Uni<Response> addUser(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> users.create(id, new Users.NewUser(Typed.text(form, "name"), null))
                        .replaceWith(() -> page(id)),
                typed -> draw(id, null, false, typed, uri));
    }

    @POST
    @Path("remove_user")
    public Uni<Response> removeUser(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> users.delete(id, form.getFirst("name")).replaceWith(() -> page(id)),
                typed -> draw(id, null, false, typed, uri));
    }

    @POST
    @Path("reset_user")
    public Uni<Response> resetUser(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> users.reset(id, form.getFirst("name")).replaceWith(() -> page(id)),
                typed -> draw(id, null, false, typed, uri));
    }

    @POST
    @Path("dbs")
    public Uni<Response> addDatabase(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> databases
                        .create(id, new DatabaseResource.DatabaseView(Typed.text(form, "name")))
                        .replaceWith(() -> page(id)),
                typed -> draw(id, null, false, typed, uri));
    }

    @POST
    @Path("remove_db")
    public Uni<Response> removeDatabase(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> databases.delete(id, form.getFirst("name")).replaceWith(() -> page(id)),
                typed -> draw(id, null, false, typed, uri));
    }

    private static String page(String id) {
        return "/console/databases/" + id;
    }
}
