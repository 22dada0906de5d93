package dev.mooring.web.guard;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Ends a connection that has no request under way for too long, whatever trickles in meanwhile: parts of a head, of a TLS
 * handshake, pings. And one whose request has a body that comes more slowly than anybody's link is. A request that is being
 * answered takes as long as it takes. Confined to the connection's event loop.
 */
final class ConnectionGuard extends ChannelInboundHandlerAdapter {

    /** A modem of 1990 has five times that. */
    static final int LEAST_BYTES_PER_SECOND = 500;

    private static final Logger LOG = Logger.getLogger(ConnectionGuard.class);
    private static final int LOOKS_PER_LIMIT = 10;
    private static final Duration UNTIL_GUARDED = Duration.ofSeconds(1);

    private final int port;
    private final Peer peer;
    private final Map<HttpServerRequest, Body> underWay = new HashMap<>();
    private boolean served;
    private long idleSince;
    private long bytes;
    private Channel channel;
    private Future<?> look;

    /**
     * @param since in nanoseconds
     * @param before bytes that had come until then
     */
    private record Body(long since, long before) {}

    ConnectionGuard(int port, Peer peer) {
        this.port = port;
        this.peer = peer;
    }

    /** The guard of the request's connection; null for one that has none, such as a socket of the file system. */
    static ConnectionGuard of(HttpServerRequest request) {
        return request.connection() instanceof ConnectionBase connection
                ? connection.channel().pipeline().get(ConnectionGuard.class)
                : null;
    }

    int port() {
        return port;
    }

    void began(HttpServerRequest request) {
        served = true;
        peer.isAsked(this);
        underWay.put(request, hasBody(request) ? new Body(System.nanoTime(), bytes) : null);
    }

    void ended(HttpServerRequest request) {
        underWay.remove(request);
        idleSince = System.nanoTime();
        if (underWay.isEmpty() && channel.isActive()) {
            peer.waits(this);
        }
    }

    /** Closes it where no request has come meanwhile. May be called by any thread. */
    void giveWay() {
        channel.eventLoop().execute(() -> {
            if (underWay.isEmpty()) {
                close("another one takes its place");
            }
        });
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null && !length.equals("0") || request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
        idleSince = System.nanoTime();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        lookLater(context);
        context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf buffer) {
            bytes += buffer.readableBytes();
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (look != null) {
            look.cancel(false);
        }
        context.fireChannelInactive();
    }

    private void lookLater(ChannelHandlerContext context) {
        GuardedPorts.Limits limits = GuardedPorts.limits(port);
        Duration pause = limits == null ? UNTIL_GUARDED : limits.request().dividedBy(LOOKS_PER_LIMIT);
        look = context.executor().schedule(() -> look(context), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look(ChannelHandlerContext context) {
        GuardedPorts.Limits limits = GuardedPorts.limits(port);
        String reason = limits == null ? null : reason(limits, System.nanoTime());
        if (reason == null) {
            lookLater(context);
            return;
        }
        close(reason);
    }

    private void close(String reason) {
        LOG.debugf("the connection of %s is closed: %s", channel.remoteAddress(), reason);
        channel.close();
    }

    /** Null for a connection that may stay. */
    private String reason(GuardedPorts.Limits limits, long now) {
        if (underWay.isEmpty()) {
            Duration limit = served ? limits.idle() : limits.request();
            return now - idleSince > limit.toNanos() ? "no request within " + limit : null;
        }
        boolean slow = underWay.entrySet().stream()
                .anyMatch(request -> request.getValue() != null
                        && !request.getKey().isEnded()
                        && isSlow(request.getValue(), limits, now));
        return slow ? "a body that comes too slowly" : null;
    }

    private boolean isSlow(Body body, GuardedPorts.Limits limits, long now) {
        long over = now - body.since() - limits.request().toNanos();
        return over > 0 && (bytes - body.before()) * 1e9 < (double) over * LEAST_BYTES_PER_SECOND;
    }
}
