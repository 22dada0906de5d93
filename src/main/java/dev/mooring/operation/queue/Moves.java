package dev.mooring.operation.queue;

import dev.mooring.operation.Operation;
import dev.mooring.operation.store.MoveStore;
import dev.mooring.operation.store.MoveStore.Batch;
import dev.mooring.operation.store.MoveStore.Moved;
import dev.mooring.operation.store.Signals;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The moves of all operations, for who follows a whole team. However many do, the table is asked once for all of them: when
 * something has moved in this process, and in any case twice a second, for what other replicas move.
 */
@ApplicationScoped
public class Moves {

    private static final Logger LOG = Logger.getLogger(Moves.class);
    private static final Duration GLANCE = Duration.ofMillis(500);
    /** Moves come in bursts: one look serves them all. */
    private static final Duration BURST = Duration.ofMillis(50);
    /** How far back an end is told to who comes back. */
    private static final Duration LONGEST_ABSENCE = Duration.ofHours(1);

    /** Longer than any pause between two looks. */
    private static final Duration LATELY = Duration.ofMinutes(1);

    private static final int LONGEST_BACKLOG = 1000;
    private static final int REMEMBERED = 1000;

    private final MoveStore store;
    private final Multi<Batch> batches;

    Moves(MoveStore store, Signals signals) {
        this.store = store;
        AtomicLong mark = new AtomicLong();
        Multi<Long> looks = Multi.createBy()
                .merging()
                .streams(
                        Multi.createFrom().ticks().every(GLANCE),
                        signals.all()
                                .map(id -> 0L)
                                .group()
                                .intoLists()
                                .every(BURST)
                                .filter(burst -> !burst.isEmpty())
                                .map(burst -> 0L));
        this.batches = looks.onOverflow()
                .dropPreviousItems()
                .onItem()
                .transformToUniAndConcatenate(look -> store.since(mark.get(), LATELY)
                        .invoke(batch -> mark.set(batch.mark()))
                        .onFailure()
                        .invoke(failure -> LOG.debugf("cannot look for moves: %s", failure.getMessage()))
                        .onFailure()
                        .recoverWithNull())
                .broadcast()
                .withCancellationAfterLastSubscriberDeparture()
                .toAllSubscribers();
    }

    /**
     * @param mark where to go on from by who has seen this one
     */
    public record Event(long mark, Operation operation) {}

    /**
     * The moves of a team's operations, at least once each and never an older one after a newer one.
     *
     * @param since the mark of the last event that was seen; null to begin with all that have not ended
     */
    public Multi<Event> of(UUID team, Set<String> kinds, @Nullable Long since) {
        Follower follower = new Follower(team, kinds);
        Multi<Supplier<List<Event>>> begun = store.since(
                        since == null ? 0 : since, since == null ? Duration.ZERO : LONGEST_ABSENCE)
                .<Supplier<List<Event>>>map(batch -> () -> follower.begin(batch))
                .toMulti();
        return Multi.createBy()
                .merging()
                .streams(begun, batches.map(batch -> () -> follower.next(batch)))
                .onOverflow()
                .buffer(LONGEST_BACKLOG)
                .onItem()
                .transformToMultiAndConcatenate(events -> Multi.createFrom().iterable(events.get()));
    }

    /** What one follower has been told, so that it is told nothing twice in a row and nothing out of order. */
    private static final class Follower {

        private final UUID team;
        private final Set<String> kinds;
        private final Map<UUID, Long> told = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<UUID, Long> eldest) {
                return size() > REMEMBERED;
            }
        };
        /** What came before the beginning did; null once that has come. */
        private @Nullable List<Batch> early = new ArrayList<>();

        Follower(UUID team, Set<String> kinds) {
            this.team = team;
            this.kinds = kinds;
        }

        synchronized List<Event> begin(Batch batch) {
            List<Event> events = new ArrayList<>(events(batch));
            if (early != null) {
                early.forEach(waiting -> events.addAll(events(waiting)));
                early = null;
            }
            return events;
        }

        synchronized List<Event> next(Batch batch) {
            if (early != null) {
                early.add(batch);
                return List.of();
            }
            return events(batch);
        }

        /** Only the last one of a batch says that all of it has been seen. */
        private List<Event> events(Batch batch) {
            List<Moved> news = batch.moved().stream().filter(this::isNews).toList();
            List<Event> events = new ArrayList<>(news.size());
            for (int i = 0; i < news.size(); i++) {
                events.add(new Event(
                        i == news.size() - 1 ? batch.mark() : batch.from(),
                        news.get(i).operation()));
            }
            return events;
        }

        private boolean isNews(Moved moved) {
            Operation operation = moved.operation();
            if (!operation.team().equals(team) || !kinds.contains(operation.kind())) {
                return false;
            }
            Long before = told.get(operation.id());
            if (before != null && before >= moved.number()) {
                return false;
            }
            told.put(operation.id(), moved.number());
            return true;
        }
    }
}
