package dev.mooring.audit;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings. */
@ConfigMapping(prefix = "mooring.audit")
public interface AuditSettings {
    /** How long entries are kept. */
    @WithDefault("365D")
    Duration retention();
}
