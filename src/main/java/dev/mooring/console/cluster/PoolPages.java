package dev.mooring.console.cluster;

import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.database.pool.PoolResource;
import dev.mooring.database.pool.PoolView;
import dev.mooring.database.pool.Pools;
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
import java.util.Objects;

/** Connection pools of a cluster, or of a read-only node. */
@Page
@Path("/console/databases/{id}/pools")
public class PoolPages {

    private final ClusterReader reader;
    private final PoolResource pools;
    private final Shell shell;
    private final Forms forms;

    PoolPages(ClusterReader reader, PoolResource pools, Shell shell, Forms forms) {
        this.reader = reader;
        this.pools = pools;
        this.shell = shell;
        this.forms = forms;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance pools(Frame frame, Seen seen, List<SeenPool> pools, Typed typed);
    }

    /**
     * Without its connection, which has a password in it.
     *
     * @param user empty for whoever comes
     * @param database that clients name there: the pool's name, where it has no address of its own
     * @param typed into the form that changes it
     */
    public record SeenPool(
            String name,
            String mode,
            int size,
            String db,
            String user,
            String host,
            int port,
            String database,
            Typed typed) {

        static SeenPool of(PoolView pool, Typed typed) {
            boolean here = typed.of("change") && pool.name().equals(typed.get("name"));
            return new SeenPool(
                    pool.name(),
                    pool.mode(),
                    pool.size(),
                    pool.db(),
                    pool.user(),
                    pool.connection().host(),
                    pool.connection().port(),
                    Objects.requireNonNullElse(pool.connection().database(), pool.name()),
                    here ? typed : Typed.NOTHING);
        }
    }

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> pools.list(id, uri)
                        .map(list -> list.pools().stream()
                                .map(pool -> SeenPool.of(pool, typed))
                                .toList())
                        .chain(all -> Html.ok(Templates.pools(shell.frame(), seen, all, typed))));
    }

    @POST
    @Path("create")
    public Uni<Response> create(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> pools.create(
                                id,
                                new Pools.NewPool(
                                        Typed.text(form, "name"),
                                        Typed.text(form, "mode"),
                                        Typed.number(form, "size"),
                                        form.getFirst("db"),
                                        form.getFirst("user")))
                        .replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("change")
    public Uni<Response> change(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> pools.update(
                                id,
                                form.getFirst("name"),
                                new Pools.PoolChange(
                                        Typed.text(form, "mode"),
                                        Typed.number(form, "size"),
                                        form.getFirst("db"),
                                        form.getFirst("user")))
                        .replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("delete")
    public Uni<Response> delete(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> pools.delete(id, form.getFirst("name")).replaceWith(() -> here(id)),
                typed -> draw(id, typed, uri));
    }

    private static String here(String id) {
        return "/console/databases/" + id + "/pools";
    }
}
