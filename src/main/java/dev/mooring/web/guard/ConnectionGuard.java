package dev.mooring.web.guard;

import dev.mooring.time.Monotonic;
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
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection that has no request under way for too long, whatever trickles in meanwhile: parts of a head, of a TLS
 * handshake, pings. And one whose request has a body that comes more slowly than anybody's link is. A request that is being
 * answered takes as long as it takes. Confined to the connection's event loop.
 */
final class ConnectionGuard extends ChannelInboundHandlerAdapter {

    /** A modem of 1990 has five times that. */
    static final int LEAST_BYTES_PER_SECOND = 500;

    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");
    private static final Logger LOG = Logger.getLogger(ConnectionGuard.class);
    private static final int LOOKS_PER_LIMIT = 10;
    private static final Duration UNTIL_GUARDED = Duration.ofSeconds(1);

    private final int port;
    private final Peer peer;
    private final Map<HttpServerRequest, Body> underWay = new HashMap<>();
    private boolean served;
    private long idleSince;
    private long bytes;

    @SuppressWarnings("NullAway.Init") // added to a channel before anything else
    private Channel channel;

    private @Nullable RequestEnds ends;
    private long begun;
    private @Nullable Future<?> look;

    /**
     * @param number of the request on this connection, from 1 on
     * @param length in bytes; negative where nobody has said it
     * @param since in nanoseconds
     * @param before bytes that had come until then
     */
    private record Body(long number, long length, long since, long before) {
        Body from(long now, long bytes) {
            return new Body(number, length, now, bytes);
        }
    }

    ConnectionGuard(int port, Peer peer) {
        this.port = port;
        this.peer = peer;
    }

    /** The guard of the request's connection; null for one that has none, such as a socket of the file system. */
    static @Nullable ConnectionGuard of(HttpServerRequest request) {
        return request.connection() instanceof ConnectionBase connection
                ? connection.channel().pipeline().get(ConnectionGuard.class)
                : null;
    }

    int port() {
        return port;
    }

    void began(HttpServerRequest request) {
        served = true;
        if (!underWay.containsKey(request)) {
            peer.isAsked(this);
            countEnds();
            begun++;
            underWay.put(request, body(request));
        }
    }

    private @Nullable Body body(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null && request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null || "0".equals(length)) {
            return null;
        }
        boolean known = length != null && LENGTH.matcher(length).matches();
        return new Body(begun, known ? Long.parseLong(length) : -1, Monotonic.nanos(), bytes);
    }

    private void countEnds() {
        if (ends == null) {
            ends = RequestEnds.in(channel.pipeline());
        }
    }

    void ended(HttpServerRequest request) {
        underWay.remove(request);
        idleSince = Monotonic.nanos();
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

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
        idleSince = Monotonic.nanos();
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
        if (!served) {
            countEnds();
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
        String reason = limits == null ? null : reason(limits, Monotonic.nanos());
        if (reason == null) {
            lookLater(context);
            return;
        }
        close(reason);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for its end
    private void close(String reason) {
        LOG.debugf("the connection of %s is closed: %s", channel.remoteAddress(), reason);
        channel.close();
    }

    /** Null for a connection that may stay. */
    private @Nullable String reason(GuardedPorts.Limits limits, long now) {
        if (underWay.isEmpty()) {
            Duration limit = served ? limits.idle() : limits.request();
            return now - idleSince > limit.toNanos() ? "no request within " + limit : null;
        }
        if (!channel.config().isAutoRead()) {
            // It is not the client who keeps the body waiting.
            underWay.replaceAll((request, body) -> body == null ? null : body.from(now, bytes));
        }
        boolean slow = underWay.entrySet().stream()
                .anyMatch(request -> request.getValue() != null
                        && !hasCome(request.getKey(), request.getValue())
                        && isSlow(request.getValue(), limits, now));
        return slow ? "a body that comes too slowly" : null;
    }

    private boolean hasCome(HttpServerRequest request, Body body) {
        if (ends != null) {
            return ends.count() >= body.number();
        }
        return request.isEnded() || body.length() >= 0 && request.bytesRead() >= body.length();
    }

    private boolean isSlow(Body body, GuardedPorts.Limits limits, long now) {
        long over = now - body.since() - limits.request().toNanos();
        return over > 0 && (bytes - body.before()) * 1e9 < (double) over * LEAST_BYTES_PER_SECOND;
    }
}
