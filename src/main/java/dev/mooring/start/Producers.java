package dev.mooring.start;

import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.operation.Node;
import dev.mooring.process.postgres.Engines;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Hands the things of the home folder to the application. */
@Singleton
class Producers {

    @Produces
    @Singleton
    MooringHome home() {
        return MooringHome.configured();
    }

    @Produces
    @Singleton
    Vault vault(MooringHome home, @ConfigProperty(name = "mooring.encryption.key") Optional<String> key)
            throws IOException {
        return Vault.open(home, key.orElse(null));
    }

    @Produces
    @Singleton
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    Authorities authorities(MooringHome home, Vault vault, Clock clock) {
        return new Authorities(home, vault, clock);
    }

    @Produces
    @Singleton
    Engines engines(MooringHome home) throws IOException {
        return Engines.find(home);
    }

    /** The home folder's lock is held by this process, so its node id is too. */
    @Produces
    @Singleton
    Node node(MooringHome home) throws IOException {
        return new Node(home.nodeId(), true, Role.configured().runsOperations());
    }
}
