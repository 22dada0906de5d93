package dev.mooring.dataplane.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** In front of an API server, as a load balancer is: what is asked there can be held, counted, or answered in another way. */
final class ApiProxy implements AutoCloseable {

    private static final long LIMIT_SECONDS = 60;

    private final HttpServer server;
    private final HttpClient client;
    private final int target;
    private final List<Rule> rules = new CopyOnWriteArrayList<>();

    record Asked(String method, String path, String body) {}

    /** What becomes of a request, and of those after it as long as the rule is there. */
    private interface Rule {
        boolean takes(Asked asked);

        /** @return whether it has been answered */
        boolean handle(Asked asked, HttpExchange exchange) throws IOException, InterruptedException;
    }

    ApiProxy(int target) throws IOException {
        this.target = target;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(trustingAll())
                .build();
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** One request that has arrived and goes no further. */
    static final class Held implements Rule {

        private final Predicate<Asked> which;
        private final CompletableFuture<Asked> arrived = new CompletableFuture<>();
        private final CompletableFuture<Void> free = new CompletableFuture<>();
        private final CompletableFuture<Integer> answered = new CompletableFuture<>();

        private Held(Predicate<Asked> which) {
            this.which = which;
        }

        Asked await() throws Exception {
            return arrived.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }

        /** @return what the API server says to it now */
        int release() throws Exception {
            free.complete(null);
            return answered.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public boolean takes(Asked asked) {
            return which.test(asked) && arrived.complete(asked);
        }

        @Override
        public boolean handle(Asked asked, HttpExchange exchange) {
            free.join();
            return false;
        }
    }

    /** Holds the first that fits. */
    Held hold(Predicate<Asked> which) {
        Held held = new Held(which);
        rules.add(held);
        return held;
    }

    /** Answers all that fit like that, until it is closed. */
    AutoCloseable answer(Predicate<Asked> which, int code, String body) {
        Rule rule = new Rule() {
            @Override
            public boolean takes(Asked asked) {
                return which.test(asked);
            }

            @Override
            public boolean handle(Asked asked, HttpExchange exchange) throws IOException {
                send(exchange, code, body.getBytes(StandardCharsets.UTF_8), "application/json");
                return true;
            }
        };
        rules.add(rule);
        return () -> rules.remove(rule);
    }

    /** Those that fit from now on; they are answered as ever. */
    List<Asked> record(Predicate<Asked> which) {
        List<Asked> seen = new CopyOnWriteArrayList<>();
        rules.addFirst(new Rule() {
            @Override
            public boolean takes(Asked asked) {
                if (which.test(asked)) {
                    seen.add(asked);
                }
                return false;
            }

            @Override
            public boolean handle(Asked asked, HttpExchange exchange) {
                return false;
            }
        });
        return seen;
    }

    private void handle(HttpExchange exchange) throws IOException {
        Asked asked = new Asked(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        Held held = null;
        try (exchange) {
            for (Rule rule : rules) {
                if (rule.takes(asked)) {
                    held = rule instanceof Held one ? one : null;
                    if (rule.handle(asked, exchange)) {
                        return;
                    }
                    break;
                }
            }
            HttpResponse<byte[]> answer = ask(asked, exchange);
            if (held != null) {
                held.answered.complete(answer.statusCode());
            }
            send(
                    exchange,
                    answer.statusCode(),
                    answer.body(),
                    answer.headers().firstValue("Content-Type").orElse("application/json"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpResponse<byte[]> ask(Asked asked, HttpExchange exchange) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + target + asked.path()))
                .method(asked.method(), HttpRequest.BodyPublishers.ofString(asked.body()));
        for (String header : List.of("Content-Type", "Accept", "Authorization")) {
            List<String> values = exchange.getRequestHeaders().get(header);
            if (values != null) {
                request.header(header, values.getFirst());
            }
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static void send(HttpExchange exchange, int code, byte[] body, String type) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", type);
        exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static SSLContext trustingAll() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustsAll()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class TrustsAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
