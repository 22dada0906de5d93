package dev.mooring.app;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppId;
import dev.mooring.app.record.Deployment;
import dev.mooring.app.release.DeployApp;
import dev.mooring.app.release.RemoveApp;
import dev.mooring.operation.Operation;
import dev.mooring.operation.api.OperationRules;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.UUID;

/** What may be asked of operations on apps. */
@ApplicationScoped
class AppOperations implements OperationRules {

    private final Apps apps;
    private final Deployments deployments;
    private final Operations operations;
    private final DeployApp deploy;
    private final RemoveApp remove;
    private final Caller caller;

    AppOperations(
            Apps apps,
            Deployments deployments,
            Operations operations,
            DeployApp deploy,
            RemoveApp remove,
            Caller caller) {
        this.apps = apps;
        this.deployments = deployments;
        this.operations = operations;
        this.deploy = deploy;
        this.remove = remove;
        this.caller = caller;
    }

    @Override
    public Set<String> kinds() {
        return Set.of(deploy.kind(), remove.kind());
    }

    @Override
    public String scope(String kind) {
        return kind.equals(remove.kind()) ? Scopes.APP_DELETE : Scopes.APP_UPDATE;
    }

    @Override
    public Uni<UUID> again(Operation ended) {
        String id = ended.subject().toString();
        return ended.kind().equals(remove.kind()) ? remove(ended) : apps.change(id, this::deploy);
    }

    /** A deployment of the spec as it is now, with the newest commits. */
    private Uni<UUID> deploy(App app) {
        if (app.language != null) {
            throw ApiException.unprocessable("the code of " + app.name
                    + " is uploaded with each deployment: deploy it again with dbos-cloud app deploy");
        }
        Apps.requireNotPinned(app);
        return deployments
                .queue(app, Deployments.Reason.manual("CREATE_DEPLOYMENT", "failed deployment retried"))
                .chain(deployment -> Deployment.<Deployment>findById(deployment))
                .map(deployment -> deployment.operation);
    }

    /** Of an app that nobody finds any more. */
    private Uni<UUID> remove(Operation ended) {
        boolean withDatabases = operations.wish(ended, remove.wishType()).drop() != null;
        return Panache.withTransaction(
                () -> App.<App>find("id = ?1 and team = ?2 and deletedAt is not null", ended.subject(), caller.team())
                        .firstResult()
                        .onItem()
                        .ifNull()
                        .failWith(AppId::notFound)
                        .chain(app -> apps.remove(app, withDatabases)));
    }
}
