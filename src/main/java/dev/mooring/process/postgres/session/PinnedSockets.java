package dev.mooring.process.postgres.session;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Properties;
import javax.net.SocketFactory;
import org.postgresql.PGProperty;

/**
 * Connects the driver to the address that a host was found to have when it was looked at, whatever the host's name leads to by now. The session keeps
 * the name, which a server behind others may need to be told.
 */
@RegisterForReflection
public final class PinnedSockets extends SocketFactory {

    private final String address;

    /** @param address as the driver hands it on from the session's properties */
    public PinnedSockets(String address) {
        this.address = address;
    }

    /** Has the driver connect by it. */
    public static void require(Properties session, InetAddress address) {
        PGProperty.SOCKET_FACTORY.set(session, PinnedSockets.class.getName());
        PGProperty.SOCKET_FACTORY_ARG.set(session, address.getHostAddress());
    }

    @Override
    public Socket createSocket() {
        return new Socket() {
            @Override
            public void connect(SocketAddress endpoint) throws IOException {
                connect(endpoint, 0);
            }

            @Override
            public void connect(SocketAddress endpoint, int timeout) throws IOException {
                super.connect(pinned(((InetSocketAddress) endpoint).getPort()), timeout);
            }
        };
    }

    private InetSocketAddress pinned(int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByName(address), port);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return new Socket(InetAddress.getByName(address), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket(address, port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        return new Socket(InetAddress.getByName(address), port, from, fromPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
        return createSocket(address, port, from, fromPort);
    }
}
