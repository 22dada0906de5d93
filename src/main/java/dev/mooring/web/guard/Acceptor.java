package dev.mooring.web.guard;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;

/** Of one listening socket: counts the connections of each address and puts a guard in front of each. */
final class Acceptor extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        Channel connection = (Channel) accepted;
        if (connection.remoteAddress() instanceof InetSocketAddress peer
                && connection.localAddress() instanceof InetSocketAddress local) {
            String host = peer.getAddress().getHostAddress();
            Peer all = GuardedPorts.enter(local.getPort(), host);
            if (all == null) {
                connection.unsafe().closeForcibly();
                return;
            }
            ConnectionGuard guard = new ConnectionGuard(local.getPort(), all);
            connection.closeFuture().addListener(closed -> GuardedPorts.leave(local.getPort(), host, guard));
            connection.pipeline().addFirst(guard);
        }
        context.fireChannelRead(accepted);
    }
}
