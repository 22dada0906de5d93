package dev.mooring.dataplane.local.homebackup;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the backups of Mooring itself. They go where the archives of the clusters are. */
@ConfigMapping(prefix = "mooring.backup")
public interface HomeBackupSettings {

    /** The longest that a change of what Mooring knows waits to be backed up. */
    @WithDefault("PT1M")
    Duration every();

    /** How old the oldest backup of Mooring itself becomes. */
    @WithDefault("P30D")
    Duration keep();

    /** Base64 of the 32 bytes that Mooring's own backups are encrypted with; made at the first start when not set. {@code mooring backup --key} prints it. */
    Optional<String> key();
}
