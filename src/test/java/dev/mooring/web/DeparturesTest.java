package dev.mooring.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.TestGround;
import io.netty.util.IllegalReferenceCountException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** Clients that leave in the middle of an answer. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class DeparturesTest {

    @ConfigProperty(name = "quarkus.log.console.filter")
    String filter;

    @Test
    void whoeverLeavesAsTheAnswerBeginsIsNoErrorInTheLog() throws Exception {
        List<LogRecord> said = new CopyOnWriteArrayList<>();
        Handler listening = listener(said);
        Logger mappers = Logger.getLogger(ErrorMappers.class.getName());
        Level before = mappers.getLevel();
        mappers.setLevel(Level.FINE);
        mappers.addHandler(listening);
        try {
            // Not each one leaves just as it is written to.
            Awaitility.await("one that left as it was answered").until(() -> {
                openAndLeave();
                return !said.isEmpty();
            });
        } finally {
            mappers.removeHandler(listening);
            mappers.setLevel(before);
        }
        assertThat(said).allSatisfy(entry -> {
            assertThat(entry.getThrown()).isInstanceOf(IOException.class);
            assertThat(entry.getLevel().intValue()).isLessThan(Level.INFO.intValue());
        });
    }

    @Test
    void whatLibrariesSayOfItIsLeftOutAndNothingElse() {
        assertThat(filter).isEqualTo("departures");
        String streams = "org.jboss.resteasy.reactive.server.handlers.PublisherResponseHandler";
        assertThat(written(streams, "impossible to send it to client", new ClosedChannelException()))
                .isFalse();
        assertThat(written(streams, "impossible to send it to client", new IllegalStateException()))
                .isTrue();
        String writes = "io.netty.channel.AbstractChannelHandlerContext";
        assertThat(written(
                        writes,
                        "Failed to mark a promise as failure because it has failed already: DefaultChannelPromise@1",
                        new IllegalReferenceCountException()))
                .isFalse();
        assertThat(written(writes, "An exception was thrown by a handler", new IOException()))
                .isTrue();
        assertThat(written("dev.mooring", "lost", new ClosedChannelException())).isTrue();
    }

    private static boolean written(String logger, String message, Throwable thrown) {
        LogRecord entry = new LogRecord(Level.SEVERE, message);
        entry.setLoggerName(logger);
        entry.setThrown(thrown);
        return new Departures().isLoggable(entry);
    }

    private static void openAndLeave() throws IOException {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.getOutputStream()
                    .write(("GET /mooring/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                    + TestGround.TOKEN + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            // A reset, as when a process is killed.
            socket.setSoLinger(true, 0);
        }
    }

    private static Handler listener(List<LogRecord> said) {
        return new Handler() {
            @Override
            public void publish(LogRecord entry) {
                said.add(entry);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }
}
