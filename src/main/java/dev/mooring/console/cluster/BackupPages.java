package dev.mooring.console.cluster;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.ClusterDeploymentResource;
import dev.mooring.app.deployment.ClusterDeploymentResource.Deployed;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.console.operation.Running;
import dev.mooring.database.backup.BackupResource;
import dev.mooring.database.backup.BackupView;
import dev.mooring.database.backup.RecoveryResource;
import dev.mooring.database.backup.RecoveryResource.Policy;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import dev.mooring.database.backup.RestorePreviewResource;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.provisioning.ClustersResource;
import dev.mooring.operation.api.OperationResource.OperationEnvelope;
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
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What can be brought back of a cluster, what proves it, and bringing it back. */
@Page
@Path("/console/databases/{id}/backups")
public class BackupPages {

    private final ClusterReader reader;
    private final RecoveryResource recovery;
    private final BackupResource backups;
    private final ClustersResource clusters;
    private final RestorePreviewResource previews;
    private final ClusterDeploymentResource deployments;
    private final Running running;
    private final Caller caller;
    private final Shell shell;
    private final Forms forms;

    BackupPages(
            ClusterReader reader,
            RecoveryResource recovery,
            BackupResource backups,
            ClustersResource clusters,
            RestorePreviewResource previews,
            ClusterDeploymentResource deployments,
            Running running,
            Caller caller,
            Shell shell,
            Forms forms) {
        this.reader = reader;
        this.recovery = recovery;
        this.backups = backups;
        this.clusters = clusters;
        this.previews = previews;
        this.deployments = deployments;
        this.running = running;
        this.caller = caller;
        this.shell = shell;
        this.forms = forms;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance backups(
                Frame frame,
                Seen seen,
                Offer offer,
                RecoveryLine line,
                List<BackupView> backups,
                Policy policy,
                Restored restored,
                String moment,
                Typed typed);
    }

    /** @param moment one that was picked from the line, RFC 3339 */
    @GET
    public Uni<Response> page(String id, @RestQuery @Nullable String moment, @Context UriInfo uri) {
        return draw(id, moment, Restored.NOTHING, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return draw(id, null, Restored.NOTHING, typed, uri);
    }

    private Uni<Response> draw(String id, @Nullable String moment, Restored restored, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> backups.list(id, uri)
                        .chain(made -> recovery.window(id)
                                .chain(window -> line(id, window, made.backups()))
                                .onFailure(ApiException.class)
                                .recoverWithItem(RecoveryLine.NONE)
                                .chain(line -> recovery.policy(id)
                                        .chain(policy -> reader.offer(
                                                        seen.cluster().engine())
                                                .chain(offer -> Html.ok(Templates.backups(
                                                        shell.frame(),
                                                        seen,
                                                        offer,
                                                        line,
                                                        made.backups(),
                                                        policy.backupPolicy(),
                                                        restored,
                                                        moment == null ? line.latest() : moment,
                                                        typed)))))));
    }

    private Uni<RecoveryLine> line(String id, WindowView window, List<BackupView> made) {
        return Uni.combine()
                .all()
                .unis(running.done(id, RecoveryLine.MARKED, window.earliest()), deployments(id, window.earliest()))
                .with((done, deployed) -> RecoveryLine.of(window, made, done, deployed));
    }

    private Uni<List<Deployed>> deployments(String id, String since) {
        return caller.may(Scopes.APP_READ)
                ? deployments.since(id, since).map(ClusterDeploymentResource.DeployedList::deployments)
                : Uni.createFrom().item(List.of());
    }

    /** Looks, and begins nothing. */
    @POST
    @Path("preview")
    public Uni<Response> preview(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.show(
                form,
                () -> previews.preview(id, Typed.moment(form, "moment"))
                        .chain(found ->
                                draw(id, null, Restored.of(found.restorePreview()), new Typed(form, List.of()), uri)),
                typed -> draw(id, typed, uri));
    }

    @POST
    @Path("now")
    public Uni<Response> backUp(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(form, () -> recovery.backUp(id).map(BackupPages::operation), typed -> draw(id, typed, uri));
    }

    private static String operation(OperationEnvelope envelope) {
        return "/console/operations/" + envelope.operation().id();
    }

    @POST
    @Path("policy")
    public Uni<Response> policy(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> recovery.changePolicy(
                                id,
                                new Policy(
                                        Typed.number(form, "retention_hours"),
                                        Typed.number(form, "drill_hours"),
                                        form.getFirst("synchronous") != null))
                        .replaceWith(() -> "/console/databases/" + id + "/backups"),
                typed -> draw(id, typed, uri));
    }

    /** Into a new cluster: the one that there is goes on as it is. */
    @POST
    @Path("restore")
    public Uni<Response> restore(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> reader.find(id, false, uri)
                        .chain(seen -> clusters.create(new NewCluster(
                                Typed.text(form, "name"),
                                seen.cluster().engine(),
                                null,
                                Typed.number(form, "num_nodes"),
                                Typed.text(form, "size"),
                                seen.cluster().region(),
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
