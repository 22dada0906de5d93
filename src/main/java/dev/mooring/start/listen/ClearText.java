package dev.mooring.start.listen;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;

/**
 * Plain http is HTTP/1.1 alone. A request that asks for an upgrade to HTTP/2 is not held back while its body comes: what is sent faster than
 * it is stored would pile up in memory. Over https HTTP/2 is agreed upon before the first request.
 */
@Singleton
class ClearText implements HttpServerOptionsCustomizer {

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        options.setHttp2ClearTextEnabled(false);
    }
}
