package dev.mooring.dataplane;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.stream.Stream;

/** Where a cluster is reached, by what is reached there. Decided when it is placed and told in the first answer. The primary's is the first. */
@RegisterForReflection
public record Endpoints(@JsonValue List<Endpoint> all) {

    /** What is reached. A plane says which of them its clusters have. */
    public enum Role {
        /** The server that takes writes. */
        PRIMARY,
        /** A server that follows and can be read from; one for each. */
        STANDBY,
        /** Its connection pools. */
        POOL,
        /** Measurements in the Prometheus text format. */
        METRICS,
        /** The other server of an upgrade. */
        BUILD,
        /** A recovery that is tried aside. */
        DRILL,
        /** Another server that clients reach. */
        MEMBER,
        /** What the servers tell each other. */
        INTERNAL,
        /** A server once more, for clients that log in with a certificate; one for each. */
        CERTIFICATE
    }

    @RegisterForReflection
    public record Endpoint(Role role, String host, int port) {}

    @JsonCreator
    public Endpoints {
        if (all.isEmpty() || all.getFirst().role() != Role.PRIMARY) {
            throw new IllegalArgumentException("the first endpoint is the primary's: " + all);
        }
        all = List.copyOf(all);
    }

    public Endpoint primary() {
        return all.getFirst();
    }

    /** All of it, in the order in which they were given. */
    public List<Endpoint> every(Role role) {
        return all.stream().filter(endpoint -> endpoint.role() == role).toList();
    }

    /** The same and more. */
    public Endpoints and(List<Endpoint> more) {
        return new Endpoints(Stream.concat(all.stream(), more.stream()).toList());
    }

    /** Fails when the cluster has none of it, which is a fault of the plane. */
    public Endpoint of(Role role) {
        return all.stream()
                .filter(endpoint -> endpoint.role() == role)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the cluster has no endpoint " + role));
    }
}
