package dev.mooring.console.cluster;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.AppsResource;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.cluster.ClusterView.RuleView;
import dev.mooring.database.cluster.NewCluster.RuleInput;
import dev.mooring.database.config.SettingsResource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
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
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Who may connect to a cluster. */
@Page
@Path("/console/databases/{id}/network")
public class NetworkPages {

    private final ClusterReader reader;
    private final SettingsResource settings;
    private final SourceChanges changes;
    private final AppsResource apps;
    private final Shell shell;
    private final Forms forms;
    private final Caller caller;

    NetworkPages(
            ClusterReader reader,
            SettingsResource settings,
            SourceChanges changes,
            AppsResource apps,
            Shell shell,
            Forms forms,
            Caller caller) {
        this.reader = reader;
        this.settings = settings;
        this.changes = changes;
        this.apps = apps;
        this.shell = shell;
        this.forms = forms;
        this.caller = caller;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance network(
                Frame frame, Seen seen, List<Source> sources, List<Choice> apps, Typed typed);
    }

    /**
     * @param words what it is, for people
     * @param attached whether a deployment has let it in, so that it has a switch of its own
     */
    public record Source(String type, String value, String words, String description, boolean attached) {}

    /** An app to choose. */
    public record Choice(String id, String name) {}

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> choices()
                        .chain(apps ->
                                Html.ok(Templates.network(shell.frame(), seen, sources(seen, apps), apps, typed))));
    }

    private Uni<List<Choice>> choices() {
        return caller.may(Scopes.APP_READ)
                ? apps.names()
                        .map(all -> all.stream()
                                .map(app -> new Choice(app.id().toString(), app.name()))
                                .toList())
                : Uni.createFrom().item(List.of());
    }

    private static List<Source> sources(Seen seen, List<Choice> apps) {
        List<Source> sources = new ArrayList<>();
        for (RuleView rule : seen.cluster().rules()) {
            String name = apps.stream()
                    .filter(app -> app.id().equalsIgnoreCase(rule.value()))
                    .map(Choice::name)
                    .findFirst()
                    .orElse(rule.value());
            sources.add(new Source(
                    rule.type(),
                    rule.value(),
                    name,
                    rule.description() == null ? "" : rule.description(),
                    Boolean.TRUE.equals(rule.attached())));
        }
        return sources;
    }

    @POST
    @Path("add")
    public Uni<Response> add(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return change(id, form, uri, rules -> {
            List<RuleInput> more = new ArrayList<>(rules);
            more.add(new RuleInput(
                    form.getFirst("type"),
                    Objects.requireNonNullElse(Typed.text(form, "value"), ""),
                    null,
                    Typed.text(form, "description")));
            return more;
        });
    }

    @POST
    @Path("remove")
    public Uni<Response> remove(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return change(
                id,
                form,
                uri,
                rules -> rules.stream()
                        .filter(rule -> !(rule.type().equals(form.getFirst("type"))
                                && rule.value().equals(form.getFirst("value"))))
                        .toList());
    }

    private Uni<Response> change(
            String id, MultivaluedMap<String, String> form, UriInfo uri, UnaryOperator<List<RuleInput>> change) {
        return forms.act(
                form,
                () -> changes.ask(id, change),
                () -> changes.rules(id, change)
                        .chain(rules -> settings.replaceRules(id, new SettingsResource.NewRules(rules)))
                        .replaceWith(() -> "/console/databases/" + id + "/network"),
                typed -> draw(id, typed, uri));
    }
}
