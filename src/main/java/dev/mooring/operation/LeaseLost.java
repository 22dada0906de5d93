package dev.mooring.operation;

import java.util.UUID;

/** Another worker holds the operation now: whatever this one was doing must end without writing anything. */
class LeaseLost extends RuntimeException {

    LeaseLost(UUID operation) {
        super("the lease of operation " + operation + " is held by another worker");
    }
}
