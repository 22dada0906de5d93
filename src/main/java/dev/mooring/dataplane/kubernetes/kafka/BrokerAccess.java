package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * How Mooring asks a cluster's brokers. It is in a ConfigMap, for those too that may read no secret: the password is sealed, and of no use
 * without the key of Mooring's vault.
 *
 * @param authority PEM of who signs for the brokers
 * @param secret sealed password of Mooring's own user
 */
record BrokerAccess(String bootstrap, String authority, String secret, int brokers) {

    private static final String BOOTSTRAP = "bootstrap";
    private static final String PASSWORD = "password.sealed";
    private static final String BROKERS = "brokers";

    /** @param renewal which of Strimzi's it is */
    KubeObject object(UUID id, String renewal) {
        return new KubeObject(
                Kind.CONFIG_MAP,
                KafkaNames.access(id),
                Names.copied(id, renewal),
                Map.of(
                        "data",
                        Map.of(
                                BOOTSTRAP,
                                bootstrap,
                                AccessObjects.CERTIFICATES,
                                authority,
                                PASSWORD,
                                secret,
                                BROKERS,
                                Integer.toString(brokers))));
    }

    /** Empty for an object that somebody has taken something out of. */
    static Optional<BrokerAccess> of(Live live) {
        return live.text("data", BOOTSTRAP)
                .flatMap(bootstrap -> live.text("data", AccessObjects.CERTIFICATES)
                        .flatMap(authority -> live.text("data", PASSWORD)
                                .map(secret ->
                                        new BrokerAccess(bootstrap, authority, secret, live.number("data", BROKERS)))));
    }
}
