package dev.mooring.start;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.SocketOwners;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.core.Future;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.ClientBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The sessions on the metadata database. */
@Singleton
class MetadataPool implements PgPoolCreator {

    private final Optional<String> user;

    MetadataPool(@ConfigProperty(name = "mooring.local.user") Optional<String> user) {
        this.user = user;
    }

    /**
     * Opens the first connection as soon as there is a pool, beside the rest of the start: a handshake over TLS takes about as
     * long as what is left of it, and the first request would have to wait for it.
     */
    @Override
    public Pool create(Input input) {
        ClientBuilder<Pool> builder = PgBuilder.pool().with(input.poolOptions()).using(input.vertx());
        Pool pool = (Bootstrap.metadataIsEmbedded()
                        ? builder.connectingTo(() -> whileOwn(input))
                        : builder.connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList())))
                .build();
        // When it fails the next one does too, and Metadata says why.
        pool.getConnection().onSuccess(SqlConnection::close);
        return pool;
    }

    /** The driver answers whoever asks it for its password, in whichever form: so nobody else may hold the server's port. */
    private Future<SqlConnectOptions> whileOwn(Input input) {
        SqlConnectOptions options = input.pgConnectOptionsList().getFirst();
        return input.vertx()
                .executeBlocking(
                        () -> {
                            int servers =
                                    ServerAccount.choose(user.orElse(null)).id();
                            SocketOwners.checkListener(
                                    new InetSocketAddress(options.getHost(), options.getPort()),
                                    holder -> holder == servers);
                            return options;
                        },
                        false);
    }
}
