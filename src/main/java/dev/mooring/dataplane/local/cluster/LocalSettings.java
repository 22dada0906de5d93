package dev.mooring.dataplane.local.cluster;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Settings of the local data plane. */
@ConfigMapping(prefix = "mooring.local")
public interface LocalSettings {

    /** Address that clusters listen on. */
    @WithDefault("127.0.0.1")
    String bind();

    /** Name that clients are told; part of each cluster's certificate. */
    @WithDefault("localhost")
    String hostname();

    /** First and last port for clusters, joined by a dash. */
    @WithDefault("25060-25999")
    String ports();

    /** Account that database processes run under when Mooring runs as root. */
    Optional<String> user();

    /**
     * Whether a small process of its own stays behind as long as there are clusters with standby or read-only nodes: while Mooring is away it keeps their servers
     * running and lets standby nodes take a lost primary's place.
     */
    @WithDefault("true")
    boolean watch();

    /** How many data directories of each version in use are made ahead, some 40 MB each, so that new clusters are there sooner. */
    @WithDefault("2")
    int spares();

    /** Whether the databases are stopped when Mooring is: for containers, where they would be killed. */
    @WithDefault("false")
    boolean stop();
}
