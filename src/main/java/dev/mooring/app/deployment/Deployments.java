package dev.mooring.app.deployment;

import dev.mooring.app.handover.Handovers;
import dev.mooring.app.record.App;
import dev.mooring.app.record.Deployment;
import dev.mooring.app.record.Phase;
import dev.mooring.app.release.DeployApp;
import dev.mooring.app.release.DeployWish;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.SpecText;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.queue.Operations;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asks for deployments. */
@ApplicationScoped
public class Deployments {

    private final Operations operations;
    private final DeployApp program;
    private final AppNodes nodes;
    private final SpecReader reader;
    private final Handovers handovers;

    Deployments(Operations operations, DeployApp program, AppNodes nodes, SpecReader reader, Handovers handovers) {
        this.operations = operations;
        this.program = program;
        this.nodes = nodes;
        this.reader = reader;
        this.handovers = handovers;
    }

    /**
     * Why and how.
     *
     * @param action of the user, in the API's terms
     * @param code deployment whose code is run again; null to fetch and build
     * @param commits to fetch, by component; the newest of the branch for the others
     * @param clonedFrom deployment that is repeated
     */
    public record Reason(
            String type,
            String action,
            String cause,
            @Nullable UUID code,
            Map<String, String> commits,
            @Nullable UUID clonedFrom) {
        public static Reason manual(String action, String cause) {
            return new Reason("MANUAL", action, cause, null, Map.of(), null);
        }
    }

    /** Queues a deployment of the app's present spec, in the caller's transaction. */
    public Uni<UUID> queue(App app, Reason reason) {
        return queue(app, app.spec, reason);
    }

    /** The same of one that it had before. */
    Uni<UUID> queue(App app, String spec, Reason reason) {
        return place(app).chain(() -> identity(app)).chain(identity -> {
            Deployment deployment = new Deployment();
            deployment.id = UUID.randomUUID();
            deployment.app = app.id;
            deployment.spec = spec;
            deployment.type = reason.type();
            deployment.action = reason.action();
            deployment.cause = reason.cause();
            deployment.previous = app.activeDeployment;
            deployment.clonedFrom = reason.clonedFrom();
            deployment.phase = Phase.PENDING_BUILD.name();
            DeployWish wish = new DeployWish(
                    identity,
                    deployment.id,
                    app.region,
                    spec,
                    app.specKey,
                    app.node != null,
                    app.node == null && handovers.open(),
                    reason.code(),
                    reason.commits());
            return operations
                    .queue(NewOperation.shared(app.team, program, app.id, app.node, wish))
                    .invoke(operation -> deployment.operation = operation)
                    .chain(() -> deployment.persistAndFlush())
                    .replaceWith(deployment.id);
        });
    }

    /** An app that nothing could run until now may find a node that does. */
    private Uni<Void> place(App app) {
        return app.node != null
                ? Uni.createFrom().voidItem()
                : nodes.reserve()
                        .invoke(place -> {
                            if (place != null) {
                                app.node = place.node();
                                app.port = place.port();
                            }
                        })
                        .replaceWithVoid();
    }

    public Uni<DeployWish.AppIdentity> identity(App app) {
        return url(app).map(url -> new DeployWish.AppIdentity(app.id, app.team, app.name, url, app.port));
    }

    /** Where the app is reached: its own domain, else its port on the node that runs it; null for neither. */
    public Uni<String> url(App app) {
        String domain = spec(app).domain();
        if (domain != null) {
            return Uni.createFrom().item("https://" + domain);
        }
        return app.node == null
                ? Uni.createFrom().nullItem()
                : nodes.hostOf(app.node).map(host -> host == null ? null : "http://" + host + ":" + app.port);
    }

    public AppSpec spec(App app) {
        return spec(app.spec, app.id);
    }

    AppSpec spec(String stored, UUID app) {
        try {
            return reader.stored(SpecText.json(stored));
        } catch (SpecText.Unreadable e) {
            throw new IllegalStateException("the stored spec of app " + app + " is damaged: " + e.getMessage());
        }
    }
}
