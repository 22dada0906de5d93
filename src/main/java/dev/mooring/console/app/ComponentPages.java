package dev.mooring.console.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.environment.AppDatabaseResource;
import dev.mooring.app.environment.EnvResource;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Question;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.console.cluster.SourceChanges;
import dev.mooring.web.ApiException;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What an app's settings say of one component: a database's connection, a service's environment. */
@Page
@Path("/console/apps/{id}/components/{name}")
public class ComponentPages {

    private final AppReader reader;
    private final AppDatabaseResource databases;
    private final EnvResource environments;
    private final SourceChanges changes;
    private final Shell shell;
    private final Forms forms;
    private final Caller caller;

    ComponentPages(
            AppReader reader,
            AppDatabaseResource databases,
            EnvResource environments,
            SourceChanges changes,
            Shell shell,
            Forms forms,
            Caller caller) {
        this.reader = reader;
        this.databases = databases;
        this.environments = environments;
        this.changes = changes;
        this.shell = shell;
        this.forms = forms;
        this.caller = caller;
    }

    /** The pages. */
    @CheckedTemplate(basePath = "console/app")
    static class Templates {
        private Templates() {}

        static native TemplateInstance database(
                Frame frame,
                SeenApp app,
                SeenApp.Database database,
                AppDatabaseResource.@Nullable Details details,
                boolean trusted,
                String show,
                boolean password,
                Typed typed);

        static native TemplateInstance component(
                Frame frame, SeenApp app, SeenApp.Part part, List<Variable> variables, boolean shown, Typed typed);
    }

    /**
     * @param binding what it refers to, as the spec has it; empty where it refers to nothing
     * @param value masked unless somebody has asked for it; empty for who may not ask
     */
    public record Variable(String name, String binding, String value) {}

    @GET
    public Uni<Response> page(
            String id,
            String name,
            @RestQuery @Nullable String show,
            @Context UriInfo uri,
            @Context HttpHeaders headers) {
        return draw(id, name, show, false, Typed.NOTHING, uri, headers);
    }

    private Uni<Response> draw(
            String id,
            String name,
            @Nullable String show,
            boolean secrets,
            Typed typed,
            UriInfo uri,
            HttpHeaders headers) {
        return reader.find(id, headers, uri).chain(app -> {
            SeenApp.Database database = app.database(name);
            if (database != null) {
                return drawDatabase(app, database, "string".equals(show) ? "string" : "parameters", secrets, typed);
            }
            SeenApp.Part part = app.components().stream()
                    .filter(component -> component.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.notFound("the app has no component named " + name));
            return variables(id, part, secrets)
                    .chain(variables ->
                            Html.ok(Templates.component(shell.frame(), app, part, variables, secrets, typed)));
        });
    }

    private Uni<Response> drawDatabase(
            SeenApp app, SeenApp.Database database, String show, boolean password, Typed typed) {
        return databases.details(app.id()).chain(list -> {
            AppDatabaseResource.Details details = list.connectionDetails().stream()
                    .filter(one -> one.componentName().equals(database.name()))
                    .findFirst()
                    .orElse(null);
            Uni<Boolean> trusted = details == null
                    ? Uni.createFrom().item(false)
                    : databases.trusted(app.id(), database.name()).map(AppDatabaseResource.Trusted::snakeCase);
            return trusted.chain(trusts ->
                    Html.ok(Templates.database(shell.frame(), app, database, details, trusts, show, password, typed)));
        });
    }

    @SuppressWarnings("unchecked")
    private Uni<List<Variable>> variables(String id, SeenApp.Part part, boolean shown) {
        List<Variable> variables = new ArrayList<>();
        if (!caller.seesCredentials()) {
            part.bindings().forEach((key, binding) -> variables.add(new Variable(key, binding, "")));
            return Uni.createFrom().item(variables);
        }
        return environments.env(id, part.name(), "json").map(answer -> {
            ((Map<String, String>) answer.getEntity())
                    .forEach((key, value) -> variables.add(
                            new Variable(key, part.bindings().getOrDefault(key, ""), shown ? value : "••••••••")));
            return variables;
        });
    }

    /** Passwords and values are in the answer to this form alone. */
    @POST
    @Path("credentials")
    public Uni<Response> credentials(
            String id,
            String name,
            MultivaluedMap<String, String> form,
            @Context UriInfo uri,
            @Context HttpHeaders headers) {
        return forms.show(
                form,
                () -> {
                    if (!caller.seesCredentials()) {
                        throw new ForbiddenException("it lacks the scope " + Scopes.DATABASE_CREDENTIALS);
                    }
                    return draw(id, name, form.getFirst("show"), true, Typed.NOTHING, uri, headers);
                },
                typed -> draw(id, name, form.getFirst("show"), false, typed, uri, headers));
    }

    /** The file that the API makes, to be kept. */
    @POST
    @Path("dotenv")
    public Uni<Response> dotenv(
            String id,
            String name,
            MultivaluedMap<String, String> form,
            @Context UriInfo uri,
            @Context HttpHeaders headers) {
        return forms.show(
                form,
                () -> environments
                        .env(id, name, "dotenv")
                        .map(answer -> Response.fromResponse(answer)
                                .header(
                                        "Content-Disposition",
                                        "attachment; filename=\"" + name.replaceAll("[^A-Za-z0-9_-]", "_") + ".env\"")
                                .build()),
                typed -> draw(id, name, null, false, typed, uri, headers));
    }

    @POST
    @Path("trusted_sources")
    public Uni<Response> trust(
            String id,
            String name,
            MultivaluedMap<String, String> form,
            @Context UriInfo uri,
            @Context HttpHeaders headers) {
        boolean wanted = form.getFirst("trust") != null;
        return forms.act(
                form,
                () -> ask(id, name, wanted),
                () -> databases
                        .trust(id, name, new AppDatabaseResource.Trust(wanted))
                        .replaceWith(() -> "/console/apps/" + id + "/components/" + name),
                typed -> draw(id, name, null, false, typed, uri, headers));
    }

    /** A box that is left as it was ends nobody. */
    private Uni<Question> ask(String id, String name, boolean wanted) {
        return databases
                .trusted(id, name)
                .chain(trusted -> trusted.snakeCase() == wanted
                        ? Uni.createFrom().item(Question.none())
                        : databases
                                .details(id)
                                .chain(list -> list.connectionDetails().stream()
                                        .filter(one -> one.componentName().equals(name))
                                        .findFirst()
                                        .map(one -> one.databaseId().toString())
                                        .map(database -> wanted
                                                ? changes.askToTrust(database, id)
                                                : changes.askNotToTrust(database, id))
                                        .orElseGet(() -> Uni.createFrom().item(Question.none()))));
    }

    /** Takes the database out of the app's spec: a dev database goes with that, a managed one stays. */
    @POST
    @Path("destroy")
    public Uni<Response> destroy(
            String id,
            String name,
            MultivaluedMap<String, String> form,
            @Context UriInfo uri,
            @Context HttpHeaders headers) {
        return forms.act(
                form,
                () -> {
                    if (!name.equals(Typed.text(form, "name"))) {
                        throw ApiException.unprocessable(
                                "name: enter " + name + ", the name of this database. Nothing was changed");
                    }
                    return reader.edit(id, headers, spec -> remove(spec, name))
                            .replaceWith(() -> "/console/apps/" + id + "/settings");
                },
                typed -> draw(id, name, null, false, typed, uri, headers));
    }

    private static void remove(ObjectNode spec, String name) {
        ArrayNode left = spec.arrayNode();
        spec.path("databases").forEach(database -> {
            if (!database.path("name").asText().equals(name)) {
                left.add(database);
            }
        });
        if (left.isEmpty()) {
            spec.remove("databases");
        } else {
            spec.set("databases", left);
        }
    }
}
