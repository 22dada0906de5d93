package dev.mooring.app.runtime;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Settings of apps. */
@ConfigMapping(prefix = "mooring.apps")
public interface AppsSettings {

    /** Whether this machine runs the code of apps. */
    @WithDefault("none")
    Runtime runtime();

    /** Account of the apps' processes when Mooring runs as root. */
    @WithDefault("nobody")
    String user();

    /** Where apps are served. */
    @WithDefault("127.0.0.1")
    String bind();

    /** First and last port for apps, joined by a dash: each takes one. */
    @WithDefault("27000-27999")
    String ports();

    /** Where apps connect from, as IPv4 networks: what a trusted source of the type app lets in. */
    @WithDefault("127.0.0.1/32")
    List<String> networks();

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
        LOCAL
    }
}
