package dev.mooring.operation.api;

import dev.mooring.operation.Operation;
import io.smallrye.mutiny.Uni;
import java.util.Set;
import java.util.UUID;

/**
 * What may be asked of operations of some kinds once they are queued, told by the feature that queues them. A kind of which
 * nothing is told can be neither retried nor cancelled.
 */
public interface OperationRules {

    Set<String> kinds();

    /** The scope that the change itself needs: whoever cancels or retries it needs that too. */
    String scope(String kind);

    /**
     * Asks for what an operation that has failed or was cancelled was about as if it were asked for now: what was wished then
     * is not used again where there are rows that say what is wished today.
     *
     * @return the new operation's id; fails with 404, 412 or 422 saying what to do instead
     */
    Uni<UUID> again(Operation ended);
}
