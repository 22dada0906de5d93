package dev.mooring.process.postgres.session;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.SocketOwners;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.SocketFactory;
import org.postgresql.PGProperty;

/**
 * Connects the driver to servers of this machine that run under the servers' account, or Mooring's own, and to nobody else: not to an app that has taken
 * the port of one that is down, which would have the session's own proof of its password to show to the next server that takes it.
 */
@RegisterForReflection
public final class OwnServerSockets extends SocketFactory {

    private static final String CANNOT_CONNECT = "08001";

    private final Set<Integer> trusted;

    /** @param accounts their numbers, with commas between them; as the driver hands them on from the session's properties */
    public OwnServerSockets(String accounts) {
        this.trusted = Arrays.stream(accounts.split(",")).map(Integer::valueOf).collect(Collectors.toUnmodifiableSet());
    }

    /** Has the driver connect by it. */
    static void require(Properties session) throws SQLException {
        PGProperty.SOCKET_FACTORY.set(session, OwnServerSockets.class.getName());
        try {
            PGProperty.SOCKET_FACTORY_ARG.set(session, accounts());
        } catch (IOException e) {
            throw new SQLException(e.getMessage(), CANNOT_CONNECT, e);
        }
    }

    /** The same as parameters of a URL. */
    public static String parameters() throws IOException {
        return PGProperty.SOCKET_FACTORY.getName() + "=" + OwnServerSockets.class.getName() + "&"
                + PGProperty.SOCKET_FACTORY_ARG.getName() + "=" + accounts();
    }

    private static String accounts() throws IOException {
        return ServerAccount.idsOfServers().stream().map(String::valueOf).collect(Collectors.joining(","));
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
                super.connect(endpoint, timeout);
                try {
                    SocketOwners.checkPeer(
                            (InetSocketAddress) getLocalSocketAddress(),
                            (InetSocketAddress) getRemoteSocketAddress(),
                            trusted::contains);
                } catch (IOException e) {
                    close();
                    throw e;
                }
            }
        };
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        Socket socket = createSocket();
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("from a port of one's choice");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("from a port of one's choice");
    }
}
