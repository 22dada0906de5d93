package dev.mooring.web.guard;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * How many requests of an HTTP/1.1 connection have come to their end. A request itself knows only what whoever answers it has asked
 * for: one that is read piece by piece is never told to have ended.
 */
final class RequestEnds extends ChannelInboundHandlerAdapter {

    /** As the HTTP server calls it. */
    private static final String DECODER = "httpDecoder";

    private long count;

    private RequestEnds() {}

    /** Null where the connection has no decoder: it is HTTP/2, or its TLS handshake goes on. */
    static @Nullable RequestEnds in(ChannelPipeline pipeline) {
        if (pipeline.get(DECODER) == null) {
            return null;
        }
        RequestEnds ends = new RequestEnds();
        pipeline.addAfter(DECODER, null, ends);
        return ends;
    }

    long count() {
        return count;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof LastHttpContent) {
            count++;
        }
        context.fireChannelRead(message);
    }
}
