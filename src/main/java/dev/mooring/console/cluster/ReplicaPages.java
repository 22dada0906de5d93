package dev.mooring.console.cluster;

import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.replica.NewReplica;
import dev.mooring.database.replica.ReplicaResource;
import dev.mooring.database.replica.ReplicaView;
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
import java.util.List;

/** Read-only nodes of a cluster. */
@Page
@Path("/console/databases/{id}/replicas")
public class ReplicaPages {

    private final ClusterReader reader;
    private final ReplicaResource replicas;
    private final Shell shell;
    private final Forms forms;

    ReplicaPages(ClusterReader reader, ReplicaResource replicas, Shell shell, Forms forms) {
        this.reader = reader;
        this.replicas = replicas;
        this.shell = shell;
        this.forms = forms;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance replicas(Frame frame, Seen seen, Offer offer, List<SeenNode> nodes, Typed typed);
    }

    /**
     * Without its connection, which has a password in it.
     *
     * @param failure empty unless it could not be made
     */
    public record SeenNode(String id, String name, String size, String status, String failure, String host, int port) {

        static SeenNode of(ReplicaView node) {
            return new SeenNode(
                    node.id().toString(),
                    node.name(),
                    node.size(),
                    node.status(),
                    node.failure() == null ? "" : node.failure(),
                    node.connection().host(),
                    node.connection().port());
        }
    }

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        // Servers are asked on threads that know nothing of the request.
        Frame frame = shell.frame();
        return reader.find(id, false, uri)
                .chain(seen -> reader.offer(seen.cluster().engine())
                        .chain(offer -> replicas.list(id, uri)
                                .map(list -> list.replicas().stream()
                                        .map(SeenNode::of)
                                        .toList())
                                .chain(nodes -> Html.ok(Templates.replicas(frame, seen, offer, nodes, typed)))));
    }

    @POST
    @Path("create")
    public Uni<Response> create(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> replicas.create(
                                id,
                                new NewReplica(
                                        Typed.text(form, "name"),
                                        Typed.text(form, "size"),
                                        null,
                                        null,
                                        null,
                                        null,
                                        null))
                        .replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("promote")
    public Uni<Response> promote(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> replicas.promote(id, form.getFirst("name")).replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("delete")
    public Uni<Response> delete(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> replicas.delete(id, form.getFirst("name")).replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    private static String here(String id) {
        return "/console/databases/" + id + "/replicas";
    }
}
