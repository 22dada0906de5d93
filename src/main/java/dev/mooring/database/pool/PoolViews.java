package dev.mooring.database.pool;

import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Draws pools for clients, with or without the passwords of their users. */
@ApplicationScoped
class PoolViews {

    private final EngineCatalog engines;
    private final Vault vault;

    PoolViews(EngineCatalog engines, Vault vault) {
        this.engines = engines;
        this.vault = vault;
    }

    List<PoolView> of(ClusterSnapshot cluster, boolean credentials) {
        return cluster.pools().stream()
                .map(pool -> of(cluster, pool, credentials))
                .toList();
    }

    /** Fails with 404. */
    PoolView of(ClusterSnapshot cluster, String name, boolean credentials) {
        return cluster.pools().stream()
                .filter(pool -> pool.name().equals(name))
                .findFirst()
                .map(pool -> of(cluster, pool, credentials))
                .orElseThrow(Pools::notFound);
    }

    private PoolView of(ClusterSnapshot cluster, ConnectionPool pool, boolean credentials) {
        // At an address of its own it is reached by the name of its database.
        Endpoints.Endpoint own = pool.address();
        boolean alone = own != null;
        ClusterView.Endpoint at = own != null ? new ClusterView.Endpoint(own.host(), own.port()) : cluster.pooler();
        String database = alone ? pool.db() : pool.name();
        String user = pool.user() == null ? "" : pool.user();
        // Who comes to a pool of everybody brings name and password.
        String password = pool.user() == null ? "" : credentials ? password(cluster, user) : null;
        Engine.Connection known = engines.get(cluster.engine())
                .connection(new Engine.Login(at.host(), at.port(), user, password, database));
        ClusterView.Connection connection = new ClusterView.Connection(
                known.protocol(), known.uri(), database, at.host(), at.port(), user, password, true, null);
        return new PoolView(pool.name(), pool.mode(), pool.size(), pool.db(), user, connection, connection);
    }

    private String password(ClusterSnapshot cluster, String user) {
        return cluster.users().stream()
                .filter(known -> known.name().equals(user))
                .map(known -> vault.unseal(known.secret()))
                .findFirst()
                .orElseThrow(() -> ApiException.notFound("the pool's user " + user + " is gone"));
    }
}
