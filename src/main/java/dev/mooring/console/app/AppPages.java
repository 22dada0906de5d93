package dev.mooring.console.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.AppsResource;
import dev.mooring.app.AppsResource.AppList;
import dev.mooring.app.spec.SpecText;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Neighbours;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.console.operation.Running;
import dev.mooring.console.operation.Timeline;
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
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All apps, one app, and its spec. */
@Page
@Path("/console/apps")
public class AppPages {

    private final AppsResource apps;
    private final AppReader reader;
    private final Running running;
    private final Shell shell;
    private final Forms forms;
    private final ObjectMapper mapper;

    AppPages(AppsResource apps, AppReader reader, Running running, Shell shell, Forms forms, ObjectMapper mapper) {
        this.apps = apps;
        this.reader = reader;
        this.running = running;
        this.shell = shell;
        this.forms = forms;
        this.mapper = mapper;
    }

    /** The pages. */
    @CheckedTemplate(basePath = "console/app")
    static class Templates {
        private Templates() {}

        static native TemplateInstance list(Frame frame, List<SeenApp> apps, Neighbours neighbours);

        static native TemplateInstance create(Frame frame, Typed typed);

        static native TemplateInstance overview(Frame frame, SeenApp app);

        static native TemplateInstance settings(Frame frame, SeenApp app, String spec);

        static native TemplateInstance spec(
                Frame frame, SeenApp app, String spec, @Nullable Preview preview, Typed typed);
    }

    /** What would become of a spec. */
    public record Preview(List<SpecDiff.Line> lines, List<String> warnings) {}

    @GET
    public Uni<Response> list(@Context UriInfo uri, @Context HttpHeaders headers) {
        return Uni.combine()
                .all()
                .unis(apps.list(uri, headers), running.unfinished())
                .with((answer, unfinished) -> {
                    AppList list = (AppList) answer.getEntity();
                    Map<String, List<Timeline>> its =
                            unfinished.stream().collect(Collectors.groupingBy(Timeline::subject));
                    return Templates.list(
                            shell.frame(),
                            list.apps().stream()
                                    .map(app -> SeenApp.of(
                                            app, its.getOrDefault(app.id().toString(), List.of())))
                                    .toList(),
                            Neighbours.of(list.links()));
                })
                .chain(Html::ok);
    }

    @GET
    @Path("new")
    public Uni<Response> form() {
        return Html.ok(Templates.create(shell.frame(), Typed.NOTHING));
    }

    @POST
    @Path("new")
    public Uni<Response> create(MultivaluedMap<String, String> form, @Context HttpHeaders headers) {
        return forms.act(
                form,
                () -> apps.create(body(spec(form)), headers)
                        .map(answer -> "/console/apps/"
                                + ((AppsResource.AppEnvelope) answer.getEntity())
                                        .app()
                                        .id()),
                typed -> Html.ok(Templates.create(shell.frame(), typed)));
    }

    @GET
    @Path("{id}")
    public Uni<Response> overview(String id, @Context UriInfo uri, @Context HttpHeaders headers) {
        return reader.find(id, headers, uri).chain(app -> Html.ok(Templates.overview(shell.frame(), app)));
    }

    @GET
    @Path("{id}/settings")
    public Uni<Response> settings(String id, @Context UriInfo uri, @Context HttpHeaders headers) {
        return reader.find(id, headers, uri)
                .chain(app -> reader.view(id, headers)
                        .chain(view -> Html.ok(Templates.settings(shell.frame(), app, SpecText.toYaml(view.spec())))));
    }

    @GET
    @Path("{id}/spec")
    public Uni<Response> spec(String id, @Context UriInfo uri, @Context HttpHeaders headers) {
        return draw(id, null, null, Typed.NOTHING, uri, headers);
    }

    private Uni<Response> draw(
            String id,
            @Nullable String text,
            @Nullable Preview preview,
            Typed typed,
            UriInfo uri,
            HttpHeaders headers) {
        return reader.find(id, headers, uri)
                .chain(app -> reader.view(id, headers)
                        .chain(view -> Html.ok(Templates.spec(
                                shell.frame(),
                                app,
                                text == null ? SpecText.toYaml(view.spec()) : text,
                                preview,
                                typed))));
    }

    /** Looks, and changes nothing. */
    @POST
    @Path("{id}/spec/preview")
    public Uni<Response> preview(
            String id, MultivaluedMap<String, String> form, @Context UriInfo uri, @Context HttpHeaders headers) {
        return forms.show(
                form,
                () -> {
                    ObjectNode spec = spec(form);
                    ObjectNode body = mapper.createObjectNode().put("app_id", id);
                    body.set("spec", spec);
                    return apps.propose(body.toString(), headers)
                            .chain(proposal -> reader.view(id, headers)
                                    .chain(present -> draw(
                                            id,
                                            form.getFirst("spec"),
                                            new Preview(
                                                    SpecDiff.of(SpecText.toYaml(present.spec()), SpecText.toYaml(spec)),
                                                    proposal.warnings()),
                                            Typed.NOTHING,
                                            uri,
                                            headers)));
                },
                typed -> draw(id, form.getFirst("spec"), null, typed, uri, headers));
    }

    @POST
    @Path("{id}/spec/save")
    public Uni<Response> save(
            String id, MultivaluedMap<String, String> form, @Context UriInfo uri, @Context HttpHeaders headers) {
        return forms.act(
                form,
                () -> Uni.createFrom()
                        .item(() -> spec(form))
                        .chain(spec -> reader.update(id, spec, headers))
                        .replaceWith(() -> "/console/apps/" + id),
                typed -> draw(id, form.getFirst("spec"), null, typed, uri, headers));
    }

    private String body(ObjectNode spec) {
        return mapper.createObjectNode().<ObjectNode>set("spec", spec).toString();
    }

    /** YAML, of which JSON is a part. */
    private static ObjectNode spec(MultivaluedMap<String, String> form) {
        try {
            String text = form.getFirst("spec");
            if (SpecText.yaml(text == null ? "" : text) instanceof ObjectNode tree) {
                return tree.get("spec") instanceof ObjectNode spec ? spec : tree;
            }
            throw ApiException.badRequest("the spec must be a map, with the app's name in it");
        } catch (SpecText.Unreadable e) {
            throw ApiException.badRequest(e.getMessage());
        }
    }
}
