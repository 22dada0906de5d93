package dev.mooring.app.log;

import dev.mooring.app.runtime.ManagedProcess;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.web.ApiException;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Logs as they are written, for who has a link: a websocket with a frame {@code {"data": "..."}} for each line. What comes to
 * an end closes it.
 */
@ApplicationScoped
class AppLogStream {

    static final String PATH = "/mooring/v1/live-logs";

    private static final Logger LOG = Logger.getLogger(AppLogStream.class);
    private static final Duration EVERY = Duration.ofMillis(250);
    private static final Duration LONGEST = Duration.ofHours(12);
    private static final int MOST_AT_ONCE = 256 * 1024;

    private final RunningApps apps;
    private final AppLogLinks links;

    AppLogStream(RunningApps apps, AppLogLinks links) {
        this.apps = apps;
        this.links = links;
    }

    void register(@Observes Router router) {
        router.get(PATH).handler(this::open);
    }

    private void open(RoutingContext context) {
        try {
            String token = context.request().getParam("token");
            AppLogLinks.Wanted wanted = links.open(token == null ? "" : token);
            context.request()
                    .toWebSocket()
                    .onSuccess(socket -> Thread.ofVirtual().name("logs").start(() -> follow(wanted, socket)))
                    .onFailure(failure -> context.response().setStatusCode(400).end());
        } catch (ApiException e) {
            context.response().setStatusCode(e.status()).end(e.getMessage());
        }
    }

    private void follow(AppLogLinks.Wanted wanted, ServerWebSocket socket) {
        Map<String, Long> seen = new HashMap<>();
        Instant end = Instant.now().plus(LONGEST);
        try {
            while (!socket.isClosed() && Instant.now().isBefore(end)) {
                boolean running = wanted.type() == AppLogLinks.Type.RUN;
                boolean news = false;
                for (String name : apps.folder(wanted.app()).works(wanted.deployment())) {
                    if (wanted.includes(name)) {
                        ManagedProcess work = apps.work(wanted.app(), wanted.deployment(), name);
                        running |= work.running();
                        news |= send(name, work, seen, socket);
                    }
                }
                if (!running && !news) {
                    break;
                }
                if (!news) {
                    Thread.sleep(EVERY);
                }
            }
        } catch (IOException e) {
            LOG.warnf("a log cannot be followed any further: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            socket.close();
        }
    }

    /** Whole lines only: the rest of a line comes with its end. */
    private static boolean send(String name, ManagedProcess work, Map<String, Long> seen, ServerWebSocket socket)
            throws IOException {
        if (Files.notExists(work.log())) {
            return false;
        }
        try (RandomAccessFile log = new RandomAccessFile(work.log().toFile(), "r")) {
            long from = Math.min(seen.getOrDefault(name, 0L), log.length());
            byte[] bytes = new byte[(int) Math.min(log.length() - from, MOST_AT_ONCE)];
            log.seek(from);
            log.readFully(bytes);
            int whole = bytes.length;
            while (whole > 0 && bytes[whole - 1] != '\n') {
                whole--;
            }
            if (whole == 0 && bytes.length == MOST_AT_ONCE) {
                whole = bytes.length;
            }
            seen.put(name, from + whole);
            new String(bytes, 0, whole, StandardCharsets.UTF_8)
                    .lines()
                    .forEach(line -> socket.writeTextMessage(new JsonObject()
                            .put("data", AppLogTextResource.line(name, line) + "\n")
                            .encode()));
            return whole > 0;
        }
    }
}
