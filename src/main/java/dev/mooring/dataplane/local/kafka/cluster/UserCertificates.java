package dev.mooring.dataplane.local.kafka.cluster;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.home.Authorities;
import dev.mooring.home.ClientCertificate;
import dev.mooring.home.Vault;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What users log in with instead of their passwords. */
public record UserCertificates(Authorities authorities, Vault vault) {

    /** The facts with a certificate for each user that is to have one and has none; one that was made before stays. */
    public ClusterFacts made(ClusterSpec wish, ClusterFacts facts) throws IOException {
        List<ClusterFacts.Access> all = new ArrayList<>(facts.accesses());
        for (ClusterSpec.User user : wish.users()) {
            if (user.certificate() == null
                    && all.stream().noneMatch(access -> access.user().equals(user.name()))) {
                all.add(make(user.name()));
            }
        }
        return facts.withAccesses(all);
    }

    private ClusterFacts.Access make(String user) throws IOException {
        try {
            ClientCertificate made = authorities.clients().issueForClient(user);
            return new ClusterFacts.Access(user, made.certificate(), vault.seal(made.key()));
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot issue a certificate for user " + user, e);
        }
    }

    /** The users by their certificates' fingerprints: those of the wish, and what was made for it. */
    public static Map<String, String> users(ClusterSpec wish, ClusterFacts facts) throws IOException {
        Map<String, String> certificates = new HashMap<>();
        wish.users().forEach(user -> certificates.put(user.name(), user.certificate()));
        facts.accesses().forEach(access -> certificates.replace(access.user(), access.certificate()));
        Map<String, String> users = new HashMap<>();
        for (Map.Entry<String, String> certificate : certificates.entrySet()) {
            if (certificate.getValue() != null) {
                users.put(fingerprint(certificate.getValue()), certificate.getKey());
            }
        }
        return users;
    }

    private static String fingerprint(String certificate) throws IOException {
        try {
            return ClientCertificate.fingerprint(certificate);
        } catch (GeneralSecurityException e) {
            throw new IOException("a user's certificate cannot be read", e);
        }
    }
}
