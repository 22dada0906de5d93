package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.operation.OperationFailed;

/** Programs that made a new version of a copy broke off again and again: no other way would do better. */
final class CrashedTooOften extends OperationFailed {

    CrashedTooOften(int tries, Exception last) {
        super(
                "making the new version of a copy broke off " + tries + " times, the last time with: "
                        + last.getMessage() + ". This says nothing of the databases. The old version serves as before.",
                last);
    }
}
