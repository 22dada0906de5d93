package dev.mooring.web.guard;

import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.spi.VertxServiceProvider;

/**
 * Sees every connection from the moment that it is accepted. The HTTP server hands out a connection with its first request, and
 * somebody who never ends the head of one would stay for ever. Found by the service loader.
 */
@RegisterForReflection
public final class GuardedTransport extends JDKTransport implements VertxServiceProvider {

    @Override
    public void init(VertxBuilder builder) {
        builder.findTransport(this);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return domainSocket
                ? super.serverChannelFactory(true)
                : () -> {
                    NioServerSocketChannel server = new NioServerSocketChannel();
                    server.pipeline().addFirst(new Acceptor());
                    return server;
                };
    }
}
