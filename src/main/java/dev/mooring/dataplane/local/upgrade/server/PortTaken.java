package dev.mooring.dataplane.local.upgrade.server;

import java.io.IOException;

/** A server did not start because another program has its port. */
public final class PortTaken extends IOException {

    private final int port;

    PortTaken(int port, String message) {
        super(message);
        this.port = port;
    }

    public int port() {
        return port;
    }
}
