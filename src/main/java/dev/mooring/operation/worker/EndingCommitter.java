package dev.mooring.operation.worker;

import dev.mooring.operation.store.LeaseLost;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Ends operations that nothing else is written for, many in one statement: while one commit is under way the next ones
 * gather. Alone an ending is written at once, so this costs no waiting.
 */
@ApplicationScoped
class EndingCommitter {

    private static final Logger LOG = Logger.getLogger(EndingCommitter.class);
    private static final int MOST = 500;

    private final OperationStore store;
    private final LeaseStore leases;
    private final List<Pending> pending = new ArrayList<>();
    private boolean committing;

    EndingCommitter(OperationStore store, LeaseStore leases) {
        this.store = store;
        this.leases = leases;
    }

    /**
     * @param accepted called when the ending holds nothing up any more: at once, unless endings come faster than they are
     *     written; then with the statement that writes it
     */
    Uni<Void> end(LeaseStore.Ending ending, Runnable accepted) {
        return Uni.createFrom().emitter(emitter -> {
            boolean first;
            boolean room;
            synchronized (pending) {
                room = pending.size() < MOST;
                pending.add(new Pending(ending, accepted, emitter));
                first = !committing;
                committing = true;
            }
            if (room) {
                accepted.run();
            }
            if (first) {
                Thread.ofVirtual().start(this::commit);
            }
        });
    }

    private void commit() {
        List<Pending> batch;
        synchronized (pending) {
            if (pending.isEmpty()) {
                committing = false;
                return;
            }
            List<Pending> head = pending.subList(0, Math.min(MOST, pending.size()));
            batch = new ArrayList<>(head);
            head.clear();
        }
        batch.forEach(one -> one.accepted().run());
        write(batch).subscribe().with(nothing -> commit());
    }

    /** One that the database refuses keeps none of the others from being written. */
    private Uni<Void> write(List<Pending> batch) {
        return leases.end(leases.pool(), batch.stream().map(Pending::ending).toList())
                .invoke(ended -> {
                    Set<UUID> written = new HashSet<>(ended);
                    batch.forEach(one -> one.settle(written));
                    wakeWaiting(written);
                })
                .replaceWithVoid()
                .onFailure()
                .recoverWithUni(failure -> {
                    if (batch.size() == 1 || !(failure instanceof PgException)) {
                        batch.forEach(one -> one.emitter().fail(failure));
                        return Uni.createFrom().voidItem();
                    }
                    Uni<Void> all = Uni.createFrom().voidItem();
                    for (Pending one : batch) {
                        all = all.chain(() -> write(List.of(one)));
                    }
                    return all;
                });
    }

    /** Beside what comes next: the worker's poll finds what this misses. */
    void wakeWaiting(Collection<UUID> ended) {
        store.wakeWaiting(ended)
                .subscribe()
                .with(
                        nothing -> {},
                        failure -> LOG.debugf("what waits is found by the poll: %s", failure.getMessage()));
    }

    private record Pending(LeaseStore.Ending ending, Runnable accepted, UniEmitter<? super Void> emitter) {
        void settle(Set<UUID> written) {
            UUID id = ending.held().id();
            if (written.contains(id)) {
                emitter.complete(null);
            } else {
                emitter.fail(new LeaseLost(id));
            }
        }
    }
}
