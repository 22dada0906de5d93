package dev.mooring.app.runtime;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Settings of apps. */
@ConfigMapping(prefix = "mooring.apps")
public interface AppsSettings {

    /**
     * Who runs the code of apps: `none` of Mooring's, `local`, which is this machine, or `kubernetes`, with
     * `MOORING_DATAPLANE=kubernetes`: Secrets with their variables, for Deployments of your own.
     */
    @WithDefault("none")
    Runtime runtime();

    /** Account of the processes of apps that were deployed before each had one of its own, when Mooring runs as root. */
    @WithDefault("nobody")
    String user();

    /** First and last number of the accounts that apps get, joined by a dash, when Mooring runs as root: one for each. */
    @WithDefault("200000-265535")
    String uids();

    /** Private memory that one process may have, where the component's size does not say more. */
    @WithDefault("2G")
    MemorySize memory();

    /** Processes and threads that an app may have at a time. */
    @WithDefault("2048")
    int processes();

    /** Files that one process may have open. */
    @WithDefault("8192")
    int files();

    /** Where apps are served. */
    @WithDefault("127.0.0.1")
    String bind();

    /** First and last port for apps, joined by a dash: each takes one. */
    @WithDefault("27000-27999")
    String ports();

    /**
     * Where apps connect from, as IPv4 networks: what a trusted source of the type app lets in. On Kubernetes those of the pods, which
     * connection pools, and pods in another namespace than the clusters', cannot do without.
     */
    @WithDefault("127.0.0.1/32")
    List<String> networks();

    /**
     * Whether apps may be bound to Kafka clusters that have trusted sources, and become one of them. DigitalOcean's App Platform
     * does not do that, so neither does Mooring unless it is told to.
     */
    @WithDefault("false")
    boolean kafkaTrustedSources();

    /** Whether migrations of uploaded code are tried on a copy of the database first. */
    @WithDefault("true")
    boolean rehearsals();

    /** Where uploaded archives are kept, instead of the home folder: for replicas, which have to share it. */
    Optional<String> uploads();

    /** How code is run. */
    enum Runtime {
        /** Not at all: databases are made and bound, and somebody else runs the app. */
        NONE,
        /** As processes of this machine. */
        LOCAL,
        /** Not by Mooring: variables are laid down in Secrets of Kubernetes, for whoever runs the app there. */
        KUBERNETES
    }
}
