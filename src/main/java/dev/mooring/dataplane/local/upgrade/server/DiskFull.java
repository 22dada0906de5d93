package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.operation.OperationFailed;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** There is no room for a second server on the disk: another way to a new version would need as much. */
public final class DiskFull extends OperationFailed {

    private static final Pattern SAID = Pattern.compile("No space left on device|Disk quota exceeded");

    DiskFull(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Whether the operating system has refused room, as whoever was refused has passed it on. */
    public static boolean said(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each.getMessage() != null && saidIn(each.getMessage())) {
                return true;
            }
        }
        return false;
    }

    static boolean saidIn(String text) {
        return SAID.matcher(text).find();
    }
}
