package dev.mooring.operation.store;

import java.util.UUID;

/** Another worker holds the operation now: whatever this one was doing must end without writing anything. */
public class LeaseLost extends RuntimeException {

    public LeaseLost(UUID operation) {
        super("the lease of operation " + operation + " is held by another worker");
    }
}
