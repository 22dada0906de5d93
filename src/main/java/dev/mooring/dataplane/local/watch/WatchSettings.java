package dev.mooring.dataplane.local.watch;

import dev.mooring.dataplane.local.cluster.LocalSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The settings of the Mooring that has left the watch behind, by its environment: wherever that one had them from. */
record WatchSettings(String bind, String hostname, String ports, Optional<String> user) implements LocalSettings {

    private static final String BIND = "MOORING_LOCAL_BIND";
    private static final String HOSTNAME = "MOORING_LOCAL_HOSTNAME";
    private static final String PORTS = "MOORING_LOCAL_PORTS";
    private static final String USER = "MOORING_LOCAL_USER";

    static WatchSettings ofEnvironment() {
        return new WatchSettings(
                System.getenv(BIND),
                System.getenv(HOSTNAME),
                System.getenv(PORTS),
                Optional.ofNullable(System.getenv(USER)));
    }

    static Map<String, String> environment(LocalSettings settings) {
        Map<String, String> environment = new HashMap<>();
        environment.put(BIND, settings.bind());
        environment.put(HOSTNAME, settings.hostname());
        environment.put(PORTS, settings.ports());
        settings.user().ifPresent(user -> environment.put(USER, user));
        return environment;
    }

    /** It makes no clusters. */
    @Override
    public int spares() {
        return 0;
    }

    @Override
    public boolean stop() {
        return false;
    }

    @Override
    public boolean watch() {
        return true;
    }
}
