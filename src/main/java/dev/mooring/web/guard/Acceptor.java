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
            String address = peer.getAddress().getHostAddress();
            if (!GuardedPorts.enter(local.getPort(), address)) {
                connection.unsafe().closeForcibly();
                return;
            }
            connection.closeFuture().addListener(closed -> GuardedPorts.leave(local.getPort(), address));
            connection.pipeline().addFirst(new ConnectionGuard(local.getPort()));
        }
        context.fireChannelRead(accepted);
    }
}
