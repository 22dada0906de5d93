package dev.mooring.operation;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Ends operations that nothing else is written for, many in one statement: while one commit is under way the next ones
 * gather. Alone an ending is written at once, so this costs no waiting.
 */
@ApplicationScoped
class EndingCommitter {

    private static final int MOST = 500;

    private final OperationStore store;
    private final List<Pending> pending = new ArrayList<>();
    private boolean committing;

    EndingCommitter(OperationStore store) {
        this.store = store;
    }

    /**
     * @param underWay called when the ending is on its way to the database: from then on it holds nothing up, but until then
     *     it has to, or endings would pile up faster than they are written
     */
    Uni<Void> end(OperationStore.Ending ending, Runnable underWay) {
        return Uni.createFrom().emitter(emitter -> {
            synchronized (pending) {
                pending.add(new Pending(ending, underWay, emitter));
                if (committing) {
                    return;
                }
                committing = true;
            }
            Thread.ofVirtual().start(this::commit);
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
        batch.forEach(one -> one.underWay().run());
        store.end(store.pool(), batch.stream().map(Pending::ending).toList())
                .subscribe()
                .with(
                        ended -> {
                            Set<UUID> written = new HashSet<>(ended);
                            batch.forEach(one -> one.settle(written));
                            commit();
                        },
                        failure -> {
                            batch.forEach(one -> one.emitter().fail(failure));
                            commit();
                        });
    }

    private record Pending(OperationStore.Ending ending, Runnable underWay, UniEmitter<? super Void> emitter) {
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
