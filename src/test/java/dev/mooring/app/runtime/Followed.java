package dev.mooring.app.runtime;

import io.restassured.path.json.JsonPath;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A log as it is written, by its websocket. */
final class Followed implements WebSocket.Listener {

    private static final int LIMIT_SECONDS = 20;

    private final StringBuffer text = new StringBuffer();
    private final CountDownLatch end = new CountDownLatch(1);

    /** @param links as the API has them */
    Followed(JsonPath links) throws Exception {
        HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(links.getString("live_url").replaceFirst("^http", "ws")), this)
                .get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
        end.countDown();
        return null;
    }

    String text() {
        return text.toString();
    }

    void awaitText(String wanted) {
        Awaitility.await(wanted).atMost(Duration.ofSeconds(LIMIT_SECONDS)).until(() -> text.indexOf(wanted) >= 0);
    }

    void awaitEnd() throws InterruptedException {
        if (!end.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the stream goes on");
        }
    }
}
