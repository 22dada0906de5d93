package dev.mooring.console.cluster;

import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.backup.DeletedResource;
import dev.mooring.database.backup.DeletedResource.DeletedView;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.provisioning.ClustersResource;
import dev.mooring.web.ApiException;
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

/** A cluster that is gone, and its way back. */
@Page
@Path("/console/databases/deleted/{id}")
public class DeletedPages {

    private final DeletedResource deleted;
    private final ClustersResource clusters;
    private final ClusterReader reader;
    private final Shell shell;
    private final Forms forms;

    DeletedPages(DeletedResource deleted, ClustersResource clusters, ClusterReader reader, Shell shell, Forms forms) {
        this.deleted = deleted;
        this.clusters = clusters;
        this.reader = reader;
        this.shell = shell;
        this.forms = forms;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance deleted(Frame frame, DeletedView gone, Offer offer, Typed typed);
    }

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return find(id, uri)
                .chain(gone -> reader.offer(gone.engine())
                        .chain(offer -> Html.ok(Templates.deleted(shell.frame(), gone, offer, typed))));
    }

    private Uni<DeletedView> find(String id, UriInfo uri) {
        return deleted.list(uri)
                .map(list -> list.deletedDatabases().stream()
                        .filter(gone -> gone.id().toString().equals(id))
                        .findFirst()
                        .orElseThrow(() ->
                                ApiException.notFound("there is no deleted cluster of this id that can come back")));
    }

    /** Everything that it held when it was deleted, or at a moment before. */
    @POST
    @Path("restore")
    public Uni<Response> restore(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> find(id, uri)
                        .chain(gone -> clusters.create(new NewCluster(
                                Typed.text(form, "name"),
                                gone.engine(),
                                null,
                                Typed.number(form, "num_nodes"),
                                Typed.text(form, "size"),
                                Typed.text(form, "region"),
                                null,
                                null,
                                null,
                                null,
                                null,
                                new NewCluster.BackupRestore(id, Typed.moment(form, "moment")),
                                null,
                                null,
                                null)))
                        .map(made -> "/console/databases/" + made.database().id()),
                typed -> draw(id, typed, uri));
    }
}
