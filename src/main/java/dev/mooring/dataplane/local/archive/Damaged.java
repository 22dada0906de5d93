package dev.mooring.dataplane.local.archive;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something in an archive is missing or is not what was stored; the message says what that costs. */
public class Damaged extends IOException {

    public Damaged(String message) {
        super(message);
    }

    public Damaged(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
