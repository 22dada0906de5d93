package dev.mooring.dataplane.local.member;

import dev.mooring.operation.OperationFailed;
import java.util.List;

/** A change that could not be made because somebody's sessions hold what it needs, or undo it. */
public final class InTheWay extends OperationFailed {

    /** @param holders who they are, each with its process, user and age */
    InTheWay(String what, List<String> holders) {
        super(what + (holders.isEmpty() ? "" : ": " + String.join("; ", holders))
                + ". End what is in the way, for example with pg_terminate_backend, and try again.");
    }
}
