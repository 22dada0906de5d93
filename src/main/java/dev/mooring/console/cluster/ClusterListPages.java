package dev.mooring.console.cluster;

import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.operation.Running;
import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.DeletedResource;
import dev.mooring.database.backup.DeletedResource.DeletedView;
import dev.mooring.database.backup.RecoveryResource;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.provisioning.ClustersResource;
import dev.mooring.web.ApiException;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;

/** All clusters. */
@Page
@Path("/console/databases")
public class ClusterListPages {

    /** Questions to the metadata for one page. */
    private static final int MOST_AT_ONCE = 4;

    private final ClustersResource clusters;
    private final RecoveryResource recovery;
    private final DeletedResource deleted;
    private final Running running;
    private final Shell shell;

    ClusterListPages(
            ClustersResource clusters,
            RecoveryResource recovery,
            DeletedResource deleted,
            Running running,
            Shell shell) {
        this.clusters = clusters;
        this.recovery = recovery;
        this.deleted = deleted;
        this.running = running;
        this.shell = shell;
    }

    /** The pages. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance list(Frame frame, List<Row> clusters, List<DeletedView> deleted);
    }

    /**
     * A cluster in the list.
     *
     * @param running null when nothing is under way
     * @param latest the latest moment that can be recovered; empty before the first backup
     * @param provedAt when a recovery was tried last, RFC 3339; empty as long as none was
     * @param proved whether that succeeded
     */
    public record Row(ClusterView cluster, Timeline running, String latest, String provedAt, boolean proved) {
        static Row of(ClusterView cluster, Timeline running, WindowView window) {
            return new Row(
                    cluster,
                    running,
                    window.latest(),
                    window.lastDrillAt() == null ? "" : window.lastDrillAt(),
                    Boolean.TRUE.equals(window.lastDrillPassed()));
        }

        public String engineName() {
            return Offer.name(cluster.engine());
        }
    }

    @GET
    public Uni<Response> list(@Context UriInfo uri) {
        return Uni.combine()
                .all()
                .unis(clusters.list(null, uri), running.unfinished(uri), deleted.list(uri))
                .asTuple()
                .chain(found -> rows(found.getItem1().databases(), found.getItem2())
                        .chain(rows -> Html.ok(Templates.list(
                                shell.frame(), rows, found.getItem3().deletedDatabases()))));
    }

    private Uni<List<Row>> rows(List<ClusterView> clusters, List<Timeline> unfinished) {
        return clusters.isEmpty()
                ? Uni.createFrom().item(List.of())
                : Uni.join()
                        .all(clusters.stream()
                                .map(cluster -> row(cluster, unfinished))
                                .toList())
                        .usingConcurrencyOf(MOST_AT_ONCE)
                        .andFailFast();
    }

    private Uni<Row> row(ClusterView cluster, List<Timeline> unfinished) {
        Timeline its = unfinished.stream()
                .filter(operation -> operation.subject().equals(cluster.id().toString()))
                .findFirst()
                .orElse(null);
        return recovery.window(cluster.id().toString())
                .map(window -> Row.of(cluster, its, window))
                .onFailure(ApiException.class)
                .recoverWithItem(new Row(cluster, its, "", "", false));
    }
}
