package dev.mooring.console.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Question;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.config.ConfigReceipt;
import dev.mooring.database.config.SettingsResource;
import dev.mooring.database.provisioning.ClusterResource;
import dev.mooring.database.provisioning.ResizeResource;
import dev.mooring.web.ApiException;
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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a cluster is set up, and its end. */
@Page
@Path("/console/databases/{id}")
public class SettingsPages {

    private static final int UNKNOWN = 412;

    private final ClusterReader reader;
    private final SettingsResource settings;
    private final ResizeResource sizes;
    private final ClusterResource clusters;
    private final Shell shell;
    private final Forms forms;
    private final Caller caller;
    private final ObjectMapper mapper;

    SettingsPages(
            ClusterReader reader,
            SettingsResource settings,
            ResizeResource sizes,
            ClusterResource clusters,
            Shell shell,
            Forms forms,
            Caller caller,
            ObjectMapper mapper) {
        this.reader = reader;
        this.settings = settings;
        this.sizes = sizes;
        this.clusters = clusters;
        this.shell = shell;
        this.forms = forms;
        this.caller = caller;
        this.mapper = mapper;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance settings(Frame frame, Seen seen, Offer offer, List<Setting> config, Typed typed);
    }

    /** One setting of the server, as JSON. */
    public record Setting(String key, String value) {}

    @GET
    @Path("settings")
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> reader.offer(seen.cluster().engine())
                        .chain(offer -> settings.config(id)
                                .chain(config -> Html.ok(Templates.settings(
                                        shell.frame(), seen, offer, settings(config.config()), typed)))));
    }

    private static List<Setting> settings(JsonNode config) {
        List<Setting> settings = new ArrayList<>();
        config.properties()
                .forEach(entry -> settings.add(
                        new Setting(entry.getKey(), entry.getValue().toString())));
        return settings;
    }

    @POST
    @Path("settings/resize")
    public Uni<Response> resize(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> sizes.resize(
                                id,
                                new ResizeResource.Size(
                                        Typed.text(form, "size"),
                                        Typed.number(form, "num_nodes"),
                                        Typed.number(form, "storage_size_mib")))
                        .replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("settings/config")
    public Uni<Response> config(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> settings.changeConfig(id, wanted(form), "true")
                        .map(SettingsPages::question)
                        .onFailure(SettingsPages::isUnknown)
                        .recoverWithItem(failure -> Question.of(
                                List.of("Whether it restarts the server cannot be told: " + failure.getMessage()),
                                "Change it all the same")),
                () -> settings.changeConfig(id, wanted(form), null).replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    private SettingsResource.ConfigEnvelope wanted(MultivaluedMap<String, String> form) {
        String key = Typed.text(form, "key");
        if (key == null) {
            throw ApiException.unprocessable("key: choose a setting");
        }
        return new SettingsResource.ConfigEnvelope(mapper.createObjectNode().set(key, value(form.getFirst("value"))));
    }

    /** Servers that run elsewhere cannot be asked, but changed. */
    private static boolean isUnknown(Throwable failure) {
        return failure instanceof ApiException refused && refused.status() == UNKNOWN;
    }

    private static Question question(ConfigReceipt would) {
        return Boolean.TRUE.equals(would.restartRequired())
                ? Question.of(
                        List.of(
                                "Another value of " + String.join(", ", would.restartRequiredBy())
                                        + " needs a restart of the server.",
                                "Its sessions end, and for a moment nobody can connect."),
                        "Restart the server with it")
                : Question.none();
    }

    /** A number, true or false is one, as are lists and objects of JSON; everything else is text. */
    private JsonNode value(@Nullable String text) {
        String given = text == null ? "" : text.strip();
        try {
            JsonNode value = mapper.readTree(given);
            return value == null || value.isMissingNode() ? TextNode.valueOf(given) : value;
        } catch (JsonProcessingException e) {
            return TextNode.valueOf(given);
        }
    }

    @POST
    @Path("settings/maintenance")
    public Uni<Response> maintenance(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> settings.maintenance(id, new SettingsResource.Window(form.getFirst("day"), form.getFirst("hour")))
                        .replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    /** What people type is compared here too: a page that was left open says nothing of which cluster it shows. */
    @POST
    @Path("settings/destroy")
    public Uni<Response> destroy(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> reader.find(id, false, uri).chain(seen -> {
                    if (!caller.may(Scopes.DATABASE_DELETE)) {
                        throw new ForbiddenException("it lacks the scope " + Scopes.DATABASE_DELETE);
                    }
                    if (!seen.cluster().name().equals(Typed.text(form, "name"))) {
                        throw ApiException.unprocessable(
                                "name: enter " + seen.cluster().name()
                                        + ", the name of this cluster, to destroy it. Nothing was changed");
                    }
                    return clusters.delete(id).replaceWith("/console/databases");
                }),
                typed -> draw(id, typed, uri));
    }

    private static String here(String id) {
        return "/console/databases/" + id + "/settings";
    }
}
