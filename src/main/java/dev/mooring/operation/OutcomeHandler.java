package dev.mooring.operation;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import java.util.Set;

/**
 * What a feature makes of its operations' facts. Implemented by the packages above the engine; found by the kind.
 *
 * <p>This is how facts reach a feature's rows without a program ever touching them.
 */
public interface OutcomeHandler {

    Set<String> kinds();

    /**
     * Writes what follows from the outcome into the feature's own rows, in the very transaction that advances or ends the
     * operation, and before the operation's row: services lock in the same order. Must not do anything outside that transaction.
     */
    Uni<Void> write(SqlConnection transaction, Outcome outcome);

    /** After the commit: for effects inside this process, such as opening a listener. Not repeated after a crash. */
    default void committed(Outcome outcome) {}
}
