package dev.mooring.console.cluster;

import dev.mooring.app.ConvertResource;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.upgrade.UndoResource;
import dev.mooring.database.upgrade.UpgradeResource;
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

/** Newer versions of a cluster, the way back, and from a dev database to a managed one. */
@Page
@Path("/console/databases/{id}")
public class UpgradePages {

    private final ClusterReader reader;
    private final UpgradeResource upgrades;
    private final UndoResource undo;
    private final ConvertResource conversions;
    private final Shell shell;
    private final Forms forms;

    UpgradePages(
            ClusterReader reader,
            UpgradeResource upgrades,
            UndoResource undo,
            ConvertResource conversions,
            Shell shell,
            Forms forms) {
        this.reader = reader;
        this.upgrades = upgrades;
        this.undo = undo;
        this.conversions = conversions;
        this.shell = shell;
        this.forms = forms;
    }

    /** The pages. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance upgrade(Frame frame, Seen seen, Offer offer, Typed typed);

        static native TemplateInstance convert(Frame frame, Seen seen, Offer offer, Typed typed);
    }

    @GET
    @Path("upgrade")
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> reader.offer(seen.cluster().engine())
                        .chain(offer -> Html.ok(Templates.upgrade(shell.frame(), seen, offer, typed))));
    }

    @POST
    @Path("upgrade/update")
    public Uni<Response> installUpdate(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> upgrades.installUpdate(id, null).replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    /** What stands in the way is found before anything begins. */
    @POST
    @Path("upgrade/begin")
    public Uni<Response> upgrade(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> upgrades.upgrade(
                                id,
                                new UpgradeResource.Wanted(
                                        Typed.text(form, "version"),
                                        Typed.text(form, "method"),
                                        Typed.number(form, "undo_hours"),
                                        form.getFirst("end_transactions") != null))
                        .replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("upgrade/undo")
    public Uni<Response> undo(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> undo.undoUpgrade(id, form.getFirst("discard") != null, form.getFirst("end_transactions") != null)
                        .map(begun -> "/console/operations/" + begun.operation().id()),
                typed -> draw(id, typed, uri));
    }

    private static String here(String id) {
        return "/console/databases/" + id + "/upgrade";
    }

    @GET
    @Path("convert")
    public Uni<Response> conversion(String id, @Context UriInfo uri) {
        return drawConversion(id, Typed.NOTHING, uri);
    }

    private Uni<Response> drawConversion(String id, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> reader.offer(seen.cluster().engine())
                        .chain(offer -> Html.ok(Templates.convert(shell.frame(), seen, offer, typed))));
    }

    @POST
    @Path("convert/begin")
    public Uni<Response> convert(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> conversions
                        .convert(
                                id,
                                new ConvertResource.Wanted(
                                        Typed.text(form, "name"),
                                        Typed.text(form, "size"),
                                        Typed.number(form, "num_nodes"),
                                        Typed.text(form, "version")))
                        .map(begun -> "/console/operations/" + begun.operation().id()),
                typed -> drawConversion(id, typed, uri));
    }
}
