package dev.mooring.app.log;

import dev.mooring.app.runtime.ManagedProcess;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.time.Deadline;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
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
    /** How long a stream outlives the token that asked for its link at most. */
    private static final Duration LOOK = Duration.ofSeconds(5);

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
        HttpServerRequest request = context.request();
        String token = request.getParam("token");
        Context here = Vertx.currentContext();
        // What has been read to its end is no websocket any more.
        request.pause();
        Uni.createFrom()
                .deferred(() -> links.open(token == null ? "" : token))
                .emitOn(command -> here.runOnContext(nothing -> command.run()))
                .subscribe()
                .with(
                        wanted -> request.toWebSocket()
                                .onSuccess(socket ->
                                        Thread.ofVirtual().name("logs").start(() -> follow(wanted, socket)))
                                .onFailure(failure ->
                                        context.response().setStatusCode(400).end()),
                        failure -> refuse(context, failure));
    }

    private static void refuse(RoutingContext context, Throwable failure) {
        context.request().resume();
        if (failure instanceof ApiException known) {
            context.response().setStatusCode(known.status()).end(known.getMessage());
        } else {
            context.fail(failure);
        }
    }

    private void follow(AppLogLinks.Wanted wanted, ServerWebSocket socket) {
        Map<String, Long> seen = new HashMap<>();
        Deadline end = Deadline.in(LONGEST);
        Deadline look = Deadline.in(LOOK);
        try {
            while (!socket.isClosed() && !end.passed()) {
                if (look.passed()) {
                    if (!links.holds(wanted).await().indefinitely()) {
                        break;
                    }
                    look = Deadline.in(LOOK);
                }
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
