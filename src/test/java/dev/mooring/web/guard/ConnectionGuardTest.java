package dev.mooring.web.guard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.VertxBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real sockets that give less than they take, against a real server. */
class ConnectionGuardTest {

    private static final Duration REQUEST = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(3);
    private static final int PER_ADDRESS = 20;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final Set<String> TRUSTED = ConcurrentHashMap.newKeySet();

    private static Vertx vertx;
    private static int port;
    private static int counted;
    private static int hoarded;
    private static int open;

    @BeforeAll
    static void start() throws Exception {
        VertxBuilder builder = new VertxBuilder();
        new GuardedTransport().init(builder);
        vertx = builder.init().vertx();
        port = listen();
        counted = listen();
        hoarded = listen();
        open = listen();
        Predicate<String> trusted = TRUSTED::contains;
        GuardedPorts.guard(port, new GuardedPorts.Limits(REQUEST, IDLE, 10 * PER_ADDRESS, trusted));
        for (int full : List.of(counted, hoarded)) {
            GuardedPorts.guard(full, new GuardedPorts.Limits(LIMIT, LIMIT, PER_ADDRESS, trusted));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static int listen() throws Exception {
        HttpServer server = vertx.createHttpServer().requestHandler(ConnectionGuardTest::answer);
        return server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .actualPort();
    }

    /**
     * Counts the bytes of a body; an answer to /slow takes three times as long as a head may. That to /pulled too, of whose body no more is
     * asked for than there is.
     */
    private static void answer(HttpServerRequest request) {
        ConnectionGuard guard = ConnectionGuard.of(request);
        guard.began(request);
        request.response().endHandler(ended -> guard.ended(request));
        if (request.path().equals("/pulled")) {
            request.pause();
            request.handler(piece -> request.fetch(1));
            request.fetch(1);
            vertx.setTimer(3 * REQUEST.toMillis(), timer -> request.response().end("0"));
            return;
        }
        long pause = request.path().equals("/slow") ? 3 * REQUEST.toMillis() : 1;
        request.body()
                .onSuccess(body ->
                        vertx.setTimer(pause, timer -> request.response().end(Integer.toString(body.length()))));
    }

    private static Socket connect(int to) throws IOException {
        Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), to);
        socket.setSoTimeout((int) LIMIT.toMillis());
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
        socket.getOutputStream().flush();
    }

    /** Until the other end has hung up. */
    private static void trickle(Socket socket, String start, String piece) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        send(socket, start);
        socket.setSoTimeout(100);
        while (System.nanoTime() < end) {
            try {
                send(socket, piece);
                if (socket.getInputStream().read() < 0) {
                    return;
                }
            } catch (SocketTimeoutException nothingYet) {
                // That is what the next piece is for.
            } catch (SocketException hungUp) {
                return;
            }
        }
        throw new AssertionError("it is still open");
    }

    private static String line(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        int next;
        while ((next = socket.getInputStream().read()) >= 0 && next != '\n') {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET / HTTP/1.1\r\nHost: x\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            })
    void whatTricklesIsEnded(String start) throws Exception {
        try (Socket socket = connect(port)) {
            trickle(socket, start, start.contains("chunked") ? "1\r\nx\r\n" : "x");
        }
    }

    @Test
    void whoSaysNothingIsNotKept() throws Exception {
        try (Socket socket = connect(port)) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aBodyThatComesAtARateIsTakenHoweverLongItIs() throws Exception {
        try (Socket socket = connect(port)) {
            send(socket, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n");
            for (int i = 0; i < 30; i++) {
                send(socket, "x".repeat(2000));
                Thread.sleep(REQUEST.toMillis() / 10);
            }
            assertThat(line(socket)).isEqualTo("HTTP/1.1 200 OK");
        }
    }

    @Test
    void anAnswerTakesAsLongAsItTakesAndTheConnectionIsKeptForAnother() throws Exception {
        try (Socket socket = connect(port)) {
            for (int i = 0; i < 2; i++) {
                send(socket, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
                assertThat(line(socket)).isEqualTo("HTTP/1.1 200 OK");
                assertThat(line(socket)).startsWith("content-length");
                assertThat(line(socket)).isEmpty();
                assertThat(socket.getInputStream().read()).isEqualTo('0');
            }
            long idle = System.nanoTime();
            assertThat(socket.getInputStream().read())
                    .as("in the end it is closed")
                    .isEqualTo(-1);
            assertThat(Duration.ofNanos(System.nanoTime() - idle)).isGreaterThan(REQUEST);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"})
    void anAnswerTakesAsLongAsItTakesWhenItsRequestHasABody(String body) throws Exception {
        try (Socket socket = connect(port)) {
            for (int i = 0; i < 2; i++) {
                send(socket, "POST /pulled HTTP/1.1\r\nHost: x\r\n" + body);
                assertThat(line(socket)).isEqualTo("HTTP/1.1 200 OK");
                assertThat(line(socket)).isEqualTo("content-length: 1");
                assertThat(line(socket)).isEmpty();
                assertThat(socket.getInputStream().read()).isEqualTo('0');
            }
        }
    }

    @Test
    void anAddressHasSoManyAndNoMore() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * PER_ADDRESS; i++) {
                sockets.add(connect(counted));
            }
            for (Socket more : sockets.subList(PER_ADDRESS, sockets.size())) {
                Awaitility.await("turned away").atMost(LIMIT).until(() -> isClosed(more));
            }
            for (Socket first : sockets.subList(0, PER_ADDRESS)) {
                assertThat(isClosed(first)).isFalse();
            }
            TRUSTED.add("127.0.0.1");
            assertAnswers(counted);
        } finally {
            TRUSTED.clear();
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        Awaitility.await("there is room again")
                .atMost(LIMIT)
                .ignoreExceptions()
                .untilAsserted(() -> assertAnswers(counted));
    }

    /** Many clients open one for each request and close none. */
    @Test
    void whoseConnectionsWaitIsServedForTheLongestWaiting() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 3 * PER_ADDRESS; i++) {
                Socket socket = connect(hoarded);
                sockets.add(socket);
                assertAnswers(socket);
            }
            for (Socket last : sockets.subList(2 * PER_ADDRESS + 1, sockets.size())) {
                assertAnswers(last);
            }
            for (Socket first : sockets.subList(0, 2 * PER_ADDRESS)) {
                Awaitility.await("gave way").atMost(LIMIT).until(() -> isClosed(first));
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(10);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException itIsKept) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    private static void assertAnswers(int to) throws IOException {
        try (Socket socket = connect(to)) {
            assertAnswers(socket);
        }
    }

    private static void assertAnswers(Socket socket) throws IOException {
        send(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(line(socket)).isEqualTo("HTTP/1.1 200 OK");
        assertThat(line(socket)).isEqualTo("content-length: 1");
        assertThat(line(socket)).isEmpty();
        assertThat(socket.getInputStream().read()).isEqualTo('0');
    }

    @Test
    void otherServersAreLetBe() throws Exception {
        try (Socket socket = connect(open)) {
            Thread.sleep(2 * REQUEST.toMillis());
            send(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(line(socket)).isEqualTo("HTTP/1.1 200 OK");
        }
    }
}
