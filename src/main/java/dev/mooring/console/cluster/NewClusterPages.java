package dev.mooring.console.cluster;

import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.provisioning.ClustersResource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.RestQuery;

/** A new cluster. */
@Page
@Path("/console/databases/new")
public class NewClusterPages {

    private final ClustersResource clusters;
    private final ClusterReader reader;
    private final Shell shell;
    private final Forms forms;

    NewClusterPages(ClustersResource clusters, ClusterReader reader, Shell shell, Forms forms) {
        this.clusters = clusters;
        this.reader = reader;
        this.shell = shell;
        this.forms = forms;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance create(Frame frame, Offer offer, Typed typed);
    }

    @GET
    public Uni<Response> form(@RestQuery String engine) {
        return draw(engine, Typed.NOTHING);
    }

    private Uni<Response> draw(String engine, Typed typed) {
        return reader.offer(engine).chain(offer -> Html.ok(Templates.create(shell.frame(), offer, typed)));
    }

    @POST
    public Uni<Response> create(MultivaluedMap<String, String> form) {
        return forms.act(
                form,
                () -> clusters.create(wanted(form))
                        .map(made -> "/console/databases/" + made.database().id()),
                typed -> draw(form.getFirst("engine"), typed));
    }

    private static NewCluster wanted(MultivaluedMap<String, String> form) {
        return new NewCluster(
                Typed.text(form, "name"),
                Typed.text(form, "engine"),
                Typed.text(form, "version"),
                Typed.number(form, "num_nodes"),
                Typed.text(form, "size"),
                Typed.text(form, "region"),
                null,
                null,
                null,
                Typed.number(form, "storage_size_mib"),
                null,
                null,
                null,
                null,
                null);
    }
}
