package dev.mooring.app.runtime;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.SocketOwners;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.RequestOptions;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.Set;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Connections to apps' processes that end at the app's own account. Its ports are the machine's: when its process is down another app may listen there,
 * and must not be shown what the app's users send.
 */
final class OwnConnections {

    private static final Logger LOG = Logger.getLogger(OwnConnections.class);

    private final Vertx vertx;
    /** Whose other end was looked at; it stays the same for as long as they are open. */
    private final Set<HttpConnection> seen =
            Collections.newSetFromMap(Collections.synchronizedMap(new WeakHashMap<>()));
    /** Apps whose port is known to be taken: told once. */
    private final Set<UUID> taken = ConcurrentHashMap.newKeySet();

    OwnConnections(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Of which nothing has been sent. */
    Future<HttpClientRequest> request(HttpClient client, ActiveApp app, int port) {
        return client.request(new RequestOptions().setHost(ManagedProcess.HERE).setPort(port))
                .compose(request -> {
                    HttpConnection connection = request.connection();
                    Integer account = app.account();
                    if (account == null || seen.contains(connection)) {
                        return Future.succeededFuture(request);
                    }
                    return vertx.executeBlocking(
                                    () -> {
                                        int own =
                                                ServerAccount.numbered(account).id();
                                        SocketOwners.checkListener(
                                                new InetSocketAddress(ManagedProcess.HERE, port),
                                                holder -> holder == own);
                                        return request;
                                    },
                                    false)
                            .onSuccess(own -> {
                                taken.remove(app.app());
                                seen.add(connection);
                            })
                            .onFailure(failure -> {
                                if (taken.add(app.app())) {
                                    LOG.errorf("requests to app %s are refused: %s", app.app(), failure.getMessage());
                                }
                                request.reset();
                                connection.close();
                            });
                });
    }
}
