package dev.mooring.dataplane.local.upgrade.server;

import java.io.IOException;
import java.util.Objects;

/** A server did not start because another program has its port. */
public final class PortTaken extends IOException {

    private final int port;

    PortTaken(int port, String message) {
        super(message);
        this.port = port;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), getClass().getSimpleName());
    }

    public int port() {
        return port;
    }
}
