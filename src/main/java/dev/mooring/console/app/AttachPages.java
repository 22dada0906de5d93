package dev.mooring.console.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.environment.AppDatabaseResource;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Question;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.console.cluster.ClusterReader;
import dev.mooring.console.cluster.Offer;
import dev.mooring.console.cluster.SourceChanges;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.provisioning.ClustersResource;
import dev.mooring.web.ApiException;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Add components: create or attach a database. */
@Page
@Path("/console/apps/{id}/attach")
public class AttachPages {

    private static final String TRUST = "trust";

    private final AppReader reader;
    private final ClusterReader clusterReader;
    private final ClustersResource clusters;
    private final AppDatabaseResource databases;
    private final SourceChanges changes;
    private final Shell shell;
    private final Forms forms;
    private final Caller caller;

    AttachPages(
            AppReader reader,
            ClusterReader clusterReader,
            ClustersResource clusters,
            AppDatabaseResource databases,
            SourceChanges changes,
            Shell shell,
            Forms forms,
            Caller caller) {
        this.reader = reader;
        this.clusterReader = clusterReader;
        this.clusters = clusters;
        this.databases = databases;
        this.changes = changes;
        this.shell = shell;
        this.forms = forms;
        this.caller = caller;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/app")
    static class Templates {
        private Templates() {}

        static native TemplateInstance attach(
                Frame frame, SeenApp app, Offer offer, List<Choice> clusters, Typed typed);
    }

    /** A cluster to choose. */
    public record Choice(String name, String engineName, String version, boolean restricted) {
        static Choice of(ClusterView cluster) {
            return new Choice(
                    cluster.name(),
                    Offer.name(cluster.engine()),
                    cluster.version(),
                    !cluster.rules().isEmpty());
        }
    }

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri, @Context HttpHeaders headers) {
        return draw(id, Typed.NOTHING, uri, headers);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri, HttpHeaders headers) {
        return reader.find(id, headers, uri)
                .chain(app -> choices(uri)
                        .chain(choices -> clusterReader
                                .offer("pg")
                                .chain(offer -> Html.ok(Templates.attach(shell.frame(), app, offer, choices, typed)))));
    }

    private Uni<List<Choice>> choices(UriInfo uri) {
        return caller.may(Scopes.DATABASE_READ)
                ? clusters.list(null, uri)
                        .map(list -> list.databases().stream().map(Choice::of).toList())
                : Uni.createFrom().item(List.of());
    }

    @POST
    @Path("dev")
    public Uni<Response> create(
            String id, MultivaluedMap<String, String> form, @Context UriInfo uri, @Context HttpHeaders headers) {
        return forms.act(
                form,
                () -> reader.edit(id, headers, spec -> {
                            ObjectNode database = spec.withArrayProperty("databases")
                                    .addObject()
                                    .put("engine", "PG")
                                    .put("name", text(form, "name"));
                            if (Typed.text(form, "version") != null) {
                                database.put("version", form.getFirst("version"));
                            }
                        })
                        .replaceWith(() -> "/console/apps/" + id),
                typed -> draw(id, typed, uri, headers));
    }

    @POST
    @Path("cluster")
    public Uni<Response> attach(
            String id, MultivaluedMap<String, String> form, @Context UriInfo uri, @Context HttpHeaders headers) {
        return forms.act(
                form,
                () -> form.getFirst(TRUST) == null
                        ? Uni.createFrom().item(Question.none())
                        : find(Typed.text(form, "cluster"), uri)
                                .chain(cluster ->
                                        changes.askToTrust(cluster.id().toString(), id)),
                () -> find(Typed.text(form, "cluster"), uri)
                        .chain(cluster -> attach(id, cluster, form, headers))
                        .replaceWith(() -> "/console/apps/" + id),
                typed -> draw(id, typed, uri, headers));
    }

    private Uni<Void> attach(String id, ClusterView cluster, MultivaluedMap<String, String> form, HttpHeaders headers) {
        String name = Objects.requireNonNullElse(Typed.text(form, "name"), cluster.name());
        Uni<Void> attached = reader.edit(
                id,
                headers,
                spec -> spec.withArrayProperty("databases")
                        .addObject()
                        .put("cluster_name", cluster.name())
                        .put("engine", cluster.engine().toUpperCase(Locale.ROOT))
                        .put("name", name)
                        .put("production", true));
        if (form.getFirst(TRUST) == null) {
            return attached;
        }
        return attached.chain(() -> databases
                .trust(id, name, new AppDatabaseResource.Trust(true))
                .replaceWithVoid()
                .onFailure(ApiException.class)
                .transform(failure -> new ApiException(
                        failure.status(),
                        Typed.DONE + name + " is attached. The app is no trusted source of it yet: "
                                + failure.getMessage())));
    }

    private Uni<ClusterView> find(@Nullable String name, UriInfo uri) {
        return clusters.list(null, uri)
                .map(list -> list.databases().stream()
                        .filter(cluster -> cluster.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> ApiException.unprocessable("cluster: choose a database cluster")));
    }

    private static String text(MultivaluedMap<String, String> form, String name) {
        String text = Typed.text(form, name);
        if (text == null) {
            throw ApiException.unprocessable(name + ": is required");
        }
        return text;
    }
}
