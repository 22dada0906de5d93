package dev.mooring.operation.api;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Ends streams that would not end by themselves when a signal comes: a stop waits for the requests that are under way, and who
 * follows comes back to the next process.
 */
@Startup
@Singleton
class StreamEnds {

    private final BroadcastProcessor<Object> ends = BroadcastProcessor.create();
    private final Thread hook = new Thread(this::end, "end of streams");

    StreamEnds() {
        // Before the application is told: that is what waits.
        Runtime.getRuntime().addShutdownHook(hook);
    }

    void stop(@Observes ShutdownEvent event) {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends: it runs, or has run.
        }
    }

    private void end() {
        ends.onError(new Ended());
    }

    /** The stream, as long as it may go on. */
    <T> Multi<T> until(Multi<T> stream) {
        Multi<T> end = ends.onItem()
                .transformToMultiAndConcatenate(nothing -> Multi.createFrom().empty());
        return Multi.createBy()
                .merging()
                .streams(stream, end)
                .onFailure(Ended.class)
                .recoverWithCompletion();
    }

    /** Of a stream that is not to go on. */
    static final class Ended extends RuntimeException {}
}
