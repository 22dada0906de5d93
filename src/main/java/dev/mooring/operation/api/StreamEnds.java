package dev.mooring.operation.api;

import dev.mooring.access.TokenLookup;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Ends streams that would not end by themselves: when a signal comes, because a stop waits for the requests that are under way, and who
 * follows comes back to the next process; and soon after what they were opened with has ended, a token or a session.
 */
@Startup
@Singleton
class StreamEnds {

    private final BroadcastProcessor<Object> ends = BroadcastProcessor.create();
    private final Thread hook = new Thread(this::end, "end of streams");

    /** How long a stream outlives its token or session at most. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final TokenLookup tokens;

    StreamEnds(TokenLookup tokens) {
        this.tokens = tokens;
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

    /** The stream, as long as it goes on, the token is valid and the process is not told to stop. */
    <T> Multi<T> whileValid(UUID token, Multi<T> stream) {
        return during(() -> tokens.valid(token), stream);
    }

    /**
     * The same for what was opened with something else.
     *
     * @param goesOn asked now and then
     */
    <T> Multi<T> during(Supplier<Uni<Boolean>> goesOn, Multi<T> stream) {
        Multi<Optional<T>> items = stream.map(Optional::of).onCompletion().continueWith(Optional.empty());
        Multi<Optional<T>> looks = Multi.createFrom()
                .ticks()
                .every(LOOK)
                .onOverflow()
                .drop()
                .onItem()
                .transformToUniAndConcatenate(tick -> goesOn.get())
                .invoke(valid -> {
                    if (!valid) {
                        throw new Ended();
                    }
                })
                .onItem()
                .transformToMultiAndConcatenate(valid -> Multi.createFrom().<Optional<T>>empty());
        Multi<Optional<T>> stop = ends.onItem()
                .transformToMultiAndConcatenate(nothing -> Multi.createFrom().<Optional<T>>empty());
        return Multi.createBy()
                .merging()
                .streams(items, looks, stop)
                .select()
                .first(Optional::isPresent)
                .map(Optional::get)
                .onFailure(Ended.class)
                .recoverWithCompletion();
    }

    /** Of a stream that is not to go on. */
    private static final class Ended extends RuntimeException {}
}
