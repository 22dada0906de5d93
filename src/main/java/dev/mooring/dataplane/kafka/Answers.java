package dev.mooring.dataplane.kafka;

import dev.mooring.dataplane.Topics;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What brokers say to Mooring's own questions. */
public final class Answers {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(8);

    private Answers() {}

    /** How long Mooring's own clients wait, and that they tell nobody about themselves. */
    public static Properties clientSettings() {
        Properties settings = new Properties();
        settings.put("client.id", "mooring");
        settings.put("request.timeout.ms", Long.toString(REQUEST_LIMIT.toMillis()));
        settings.put("default.api.timeout.ms", Long.toString(ANSWER_LIMIT.toMillis()));
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("metric.reporters", "");
        settings.put("enable.metrics.push", "false");
        return settings;
    }

    /**
     * Waits for an answer, on a thread that may block.
     *
     * @throws Topics.Unreachable when none comes
     * @throws org.apache.kafka.common.errors.ApiException what the brokers say instead
     */
    public static <T> T of(Future<T> question) throws InterruptedException {
        try {
            return question.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Topics.Unreachable("the brokers do not answer", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException
                    || e.getCause() instanceof RetriableException retriable
                            && !(retriable instanceof UnknownTopicOrPartitionException)) {
                throw new Topics.Unreachable(
                        "the brokers do not answer: " + e.getCause().getMessage(), e.getCause());
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }
}
