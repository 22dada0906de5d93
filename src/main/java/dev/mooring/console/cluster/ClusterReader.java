package dev.mooring.console.cluster;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.console.operation.Running;
import dev.mooring.console.operation.Timeline;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.database.cluster.ClusterViews;
import dev.mooring.database.cluster.change.PoolOffers;
import dev.mooring.database.provisioning.OptionsResource;
import dev.mooring.web.Formats;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what the pages of a cluster have in common. */
@ApplicationScoped
public class ClusterReader {

    private final ClusterQueries reads;
    private final ClusterViews views;
    private final OptionsResource options;
    private final PoolOffers pools;
    private final Running running;
    private final Caller caller;

    ClusterReader(
            ClusterQueries reads,
            ClusterViews views,
            OptionsResource options,
            PoolOffers pools,
            Running running,
            Caller caller) {
        this.reads = reads;
        this.views = views;
        this.options = options;
        this.pools = pools;
        this.running = running;
        this.caller = caller;
    }

    /**
     * One of the caller's; fails with 403 or 404.
     *
     * @param credentials whether somebody has asked for passwords; who may not see them gets none all the same
     */
    public Uni<Seen> find(String id, boolean credentials, UriInfo uri) {
        if (!caller.may(Scopes.DATABASE_READ)) {
            throw new ForbiddenException("the token lacks the scope " + Scopes.DATABASE_READ);
        }
        return Uni.combine()
                .all()
                .unis(reads.find(id), running.of(id, uri))
                .with((cluster, operations) -> seen(cluster, credentials && caller.seesCredentials(), operations));
    }

    private Seen seen(ClusterSnapshot cluster, boolean credentials, List<Timeline> operations) {
        return new Seen(
                views.of(cluster, credentials),
                cluster.replicaOf() == null ? "" : cluster.replicaOf().toString(),
                cluster.app() == null ? "" : cluster.app().toString(),
                text(cluster.component()),
                text(cluster.previousVersion()),
                text(Formats.timeOrNull(cluster.undoUntil())),
                text(cluster.failure() == null ? cluster.changeFailure() : cluster.failure()),
                pools.modes(cluster),
                operations);
    }

    public Uni<Offer> offer(@Nullable String engine) {
        return options.options().map(all -> Offer.of(all, engine));
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }
}
