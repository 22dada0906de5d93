package dev.mooring.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A port in front of another one, shut at first: connections are refused until it is opened. */
public final class Relay implements AutoCloseable {

    private final int target;
    private final int port;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private ServerSocket server;

    public Relay(int target) throws IOException {
        this.target = target;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
    }

    public int port() {
        return port;
    }

    public void open() throws IOException {
        server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket one = server.accept();
                    Socket other = new Socket(InetAddress.getLoopbackAddress(), target);
                    connections.add(one);
                    copy(one, other);
                    copy(other, one);
                } catch (IOException closed) {
                    return;
                }
            }
        });
    }

    /** Shuts it, also for whoever is connected. */
    public void cut() throws IOException {
        close();
        for (Socket connection : connections) {
            connection.close();
        }
        connections.clear();
    }

    private static void copy(Socket from, Socket to) {
        Thread.ofVirtual().start(() -> {
            try (from;
                    to) {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (IOException closed) {
                // One side has hung up: so does the other.
            }
        });
    }

    @Override
    public void close() throws IOException {
        if (server != null) {
            server.close();
        }
    }
}
