package dev.mooring.operation.store;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Says inside this process that an operation has moved. Only a hint: who needs to know reads the row. */
@ApplicationScoped
public class Signals {

    private final BroadcastProcessor<UUID> moved = BroadcastProcessor.create();

    public void moved(UUID operation) {
        moved.onNext(operation);
    }

    public Multi<UUID> of(UUID operation) {
        return moved.filter(operation::equals).onOverflow().dropPreviousItems();
    }

    /** Every move, for observers that keep up. */
    public Multi<UUID> all() {
        return Multi.createFrom()
                .emitter(emitter -> moved.subscribe().with(emitter::emit), BackPressureStrategy.BUFFER);
    }
}
