package dev.mooring.dataplane.kubernetes.client;

import java.util.Objects;

/** The API server does not answer, or says that it cannot just now: nothing is known to be wrong with what was asked. */
public final class Away extends RuntimeException {

    Away(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNullElse(super.getMessage(), getClass().getSimpleName());
    }
}
