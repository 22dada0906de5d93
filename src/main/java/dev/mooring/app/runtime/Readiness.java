package dev.mooring.app.runtime;

import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component;
import dev.mooring.operation.OperationFailed;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether a started process does what it was started for: a service answers, a worker stays. */
@ApplicationScoped
public class Readiness {

    private static final Duration STAYS = Duration.ofSeconds(1);
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final int SHOWN_LINES = 12;
    private static final long DEFAULT_PERIOD = 10;
    private static final long DEFAULT_FAILURES = 9;
    private static final int FIRST_ERROR_STATUS = 400;

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(ANSWER).build();

    /**
     * What is still waited for; null when it is ready.
     *
     * @param age since it was started
     */
    public @Nullable String missing(AppSpec.Part part, @Nullable Integer port, ManagedProcess work, Duration age)
            throws IOException, InterruptedException {
        if (!work.running()) {
            throw new OperationFailed(part.name() + " ended right after its start"
                    + (work.exit().isPresent() ? " with " + work.exit().getAsInt() : "") + lines(work));
        }
        if (part.kind() == AppSpec.Kind.WORKER) {
            return age.compareTo(STAYS) < 0 ? part.name() + " has to stay for a second" : null;
        }
        Component.HealthCheck check = part.component().healthCheck();
        String missing = " does not answer yet";
        int asked = Objects.requireNonNull(port, "what is no worker has a port");
        if (answers(check, asked)) {
            try {
                work.checkHolds(asked);
                return null;
            } catch (ConnectException e) {
                missing = " does not answer: " + e.getMessage();
            }
        }
        if (age.compareTo(limit(check)) > 0) {
            throw new OperationFailed(part.name() + " did not answer on port " + port + " ($PORT) within "
                    + limit(check).toSeconds() + " s" + lines(work));
        }
        return part.name() + missing;
    }

    private static Duration limit(Component.@Nullable HealthCheck check) {
        long period = check == null || check.periodSeconds() == null ? DEFAULT_PERIOD : check.periodSeconds();
        long failures = check == null || check.failureThreshold() == null ? DEFAULT_FAILURES : check.failureThreshold();
        long delay = check == null || check.initialDelaySeconds() == null ? 0 : check.initialDelaySeconds();
        return Duration.ofSeconds(delay + period * failures);
    }

    private boolean answers(Component.@Nullable HealthCheck check, int port) throws InterruptedException {
        String path = check == null ? null : check.httpPath() != null ? check.httpPath() : check.path();
        try {
            if (path == null || path.isBlank()) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(ManagedProcess.HERE, port), (int) ANSWER.toMillis());
                    return true;
                }
            }
            URI uri = URI.create(
                    "http://" + ManagedProcess.HERE + ":" + port + (path.startsWith("/") ? path : "/" + path));
            return client.send(
                                    HttpRequest.newBuilder(uri).timeout(ANSWER).build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    < FIRST_ERROR_STATUS;
        } catch (IOException e) {
            return false;
        }
    }

    private static String lines(ManagedProcess work) throws IOException {
        String lines = String.join("\n", work.lastLines(SHOWN_LINES));
        return lines.isBlank() ? "" : ":\n" + lines;
    }
}
