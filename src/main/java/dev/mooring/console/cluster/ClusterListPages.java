package dev.mooring.console.cluster;

import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.operation.Running;
import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.DeletedResource;
import dev.mooring.database.backup.DeletedResource.DeletedView;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import dev.mooring.database.backup.RecoveryWindowsResource;
import dev.mooring.database.backup.RecoveryWindowsResource.ClusterWindow;
import dev.mooring.database.backup.RecoveryWindowsResource.WindowList;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.provisioning.ClustersResource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All clusters. */
@Page
@Path("/console/databases")
public class ClusterListPages {

    private final ClustersResource clusters;
    private final RecoveryWindowsResource windows;
    private final DeletedResource deleted;
    private final Running running;
    private final Shell shell;

    ClusterListPages(
            ClustersResource clusters,
            RecoveryWindowsResource windows,
            DeletedResource deleted,
            Running running,
            Shell shell) {
        this.clusters = clusters;
        this.windows = windows;
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
     * @param latest the latest moment that can be recovered; empty before the first backup
     * @param provedAt when a recovery was tried last, RFC 3339; empty as long as none was
     * @param proved whether that succeeded
     */
    public record Row(ClusterView cluster, @Nullable Timeline running, String latest, String provedAt, boolean proved) {
        static Row of(ClusterView cluster, @Nullable Timeline running, @Nullable WindowView window) {
            if (window == null) {
                return new Row(cluster, running, "", "", false);
            }
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
                .unis(clusters.list(null, uri), running.unfinished(), windows.list(), deleted.list(uri))
                .with((found, unfinished, recoverable, gone) -> Templates.list(
                        shell.frame(), rows(found.databases(), unfinished, recoverable), gone.deletedDatabases()))
                .chain(Html::ok);
    }

    private static List<Row> rows(List<ClusterView> clusters, List<Timeline> unfinished, WindowList recoverable) {
        Map<String, Timeline> running =
                unfinished.stream().collect(Collectors.toMap(Timeline::subject, its -> its, (newer, older) -> newer));
        Map<UUID, WindowView> windows = recoverable.recoveryWindows().stream()
                .collect(Collectors.toMap(ClusterWindow::id, ClusterWindow::recoveryWindow));
        return clusters.stream()
                .map(cluster -> Row.of(cluster, running.get(cluster.id().toString()), windows.get(cluster.id())))
                .toList();
    }
}
