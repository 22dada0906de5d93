package dev.mooring.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** Another program that takes a server's port in the moment in which it is restarted. */
public final class PortThief implements AutoCloseable {

    private final int port;
    private final Thread thread;
    private final CountDownLatch stolen = new CountDownLatch(1);
    private volatile boolean running = true;
    private volatile ServerSocket socket;

    public PortThief(int port) {
        this.port = port;
        this.thread = Thread.ofPlatform().start(this::steal);
    }

    private void steal() {
        while (running && socket == null) {
            try {
                socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"));
                stolen.countDown();
            } catch (IOException stillServing) {
                Thread.onSpinWait();
            }
        }
        while (running) {
            try {
                socket.accept().close();
            } catch (IOException over) {
                return;
            }
        }
    }

    public void awaitStolen() throws InterruptedException {
        if (!stolen.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("port " + port + " never was free");
        }
    }

    /** @param query which operations */
    public void awaitStep(String step, String query) {
        Awaitility.await(step)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> step.equals(Api.get("/mooring/v1/operations?" + query)
                        .jsonPath()
                        .getString("operations.find { it.kind != 'back-up-cluster' }.step")));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        running = false;
        if (socket != null) {
            socket.close();
        }
        thread.join();
    }
}
