package dev.mooring.operation;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the operation engine. */
@ConfigMapping(prefix = "mooring.operations")
public interface EngineSettings {

    /** How many operations one process runs at the same time. */
    @WithDefault("16")
    int slots();

    /** How long a claim holds without a heartbeat. */
    @WithDefault("10s")
    Duration lease();

    /** How many times in a row a step may end in an unexpected exception before the operation fails. */
    @WithDefault("8")
    int maxAttempts();

    /** The first pause after an unexpected exception; doubled each time up to {@link #maxBackoff()}. */
    @WithDefault("500ms")
    Duration backoff();

    /** The longest of these pauses. */
    @WithDefault("30s")
    Duration maxBackoff();

    /** How long ended operations are kept. */
    @WithDefault("90D")
    Duration retention();
}
