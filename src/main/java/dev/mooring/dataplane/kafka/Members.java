package dev.mooring.dataplane.kafka;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.engine.kafka.TopicNames;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.admin.UserScramCredentialsDescription;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Users of a cluster: their passwords, and what they may do. Users made by other means are left alone.
 *
 * @param confines whether the administrator is no superuser of the brokers, so that it has to be told what it may do: all with topics, and
 *     nothing that reaches from a cluster to its machine, as rules of its own, users and brokers' settings do
 */
public record Members(Admin admin, Vault vault, boolean confines) {

    private static final List<ScramMechanism> MECHANISMS =
            List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512);
    /** RFC 7677's least; more only makes each login of a client slower: passwords are random. */
    private static final int ITERATIONS = 4096;

    private static final int UNKNOWN_BYTES = 32;

    /** @param applied the revision that is in force */
    public void settle(ClusterSpec wish, long applied) throws InterruptedException {
        // Rights first: nobody has more of them than is said, not even for a moment.
        settleRights(wish);
        for (ScramMechanism mechanism : MECHANISMS) {
            List<UserScramCredentialAlteration> changes = new ArrayList<>();
            for (ClusterSpec.User user : wish.users()) {
                if (user.revision() > applied) {
                    changes.add(new UserScramCredentialUpsertion(
                            user.name(), new ScramCredentialInfo(mechanism, ITERATIONS), vault.unseal(user.secret())));
                }
            }
            for (String name : known(wish.absentUsers(), mechanism)) {
                // Not deleted: a broker of Kafka 4.4 that reads in one go, as at its start, that one was made and
                // another deleted can come to know neither (ScramDelta). A password that nobody has shuts out as well.
                changes.add(new UserScramCredentialUpsertion(
                        name, new ScramCredentialInfo(mechanism, ITERATIONS), RandomText.hex(UNKNOWN_BYTES)));
            }
            if (!changes.isEmpty()) {
                Answers.of(admin.alterUserScramCredentials(changes).all());
            }
        }
    }

    private List<String> known(List<String> names, ScramMechanism mechanism) throws InterruptedException {
        if (names.isEmpty()) {
            return List.of();
        }
        Map<String, UserScramCredentialsDescription> all =
                Answers.of(admin.describeUserScramCredentials().all());
        return names.stream()
                .filter(name -> all.containsKey(name)
                        && all.get(name).credentialInfos().stream().anyMatch(info -> info.mechanism() == mechanism))
                .toList();
    }

    private void settleRights(ClusterSpec wish) throws InterruptedException {
        Set<String> ours = new HashSet<>(wish.absentUsers());
        Set<AclBinding> wanted = new HashSet<>();
        for (ClusterSpec.User user : wish.users()) {
            if (!user.primary()) {
                ours.add(user.name());
                wanted.addAll(rights(user));
            } else if (confines) {
                ours.add(user.name());
                wanted.addAll(rightsOfAdministrator(user));
            }
        }
        if (ours.isEmpty()) {
            return;
        }
        Set<String> principals = ours.stream().map(Members::principal).collect(Collectors.toSet());
        Collection<AclBinding> all =
                Answers.of(admin.describeAcls(AclBindingFilter.ANY).values());
        List<AclBindingFilter> tooMany = all.stream()
                .filter(binding -> principals.contains(binding.entry().principal()))
                .filter(binding -> !wanted.contains(binding))
                .map(AclBinding::toFilter)
                .toList();
        wanted.removeAll(new HashSet<>(all));
        if (!tooMany.isEmpty()) {
            Answers.of(admin.deleteAcls(tooMany).all());
        }
        if (!wanted.isEmpty()) {
            Answers.of(admin.createAcls(wanted).all());
        }
    }

    private static String principal(String user) {
        return "User:" + user;
    }

    /** A consumer needs a group, and a transactional producer an id: their names are the application's to choose. */
    private static Set<AclBinding> rights(ClusterSpec.User user) {
        Set<AclBinding> rights = new HashSet<>();
        for (ClusterSpec.TopicAccess access : user.acl()) {
            TopicNames.Topics topics = TopicNames.pattern(access.topic()).orElseThrow();
            ResourcePattern topic = new ResourcePattern(
                    ResourceType.TOPIC, topics.text(), topics.prefix() ? PatternType.PREFIXED : PatternType.LITERAL);
            boolean consumes = access.permission() == ClusterSpec.Permission.CONSUME
                    || access.permission() == ClusterSpec.Permission.PRODUCECONSUME;
            boolean produces = access.permission() == ClusterSpec.Permission.PRODUCE
                    || access.permission() == ClusterSpec.Permission.PRODUCECONSUME;
            boolean administers = access.permission() == ClusterSpec.Permission.ADMIN;
            if (administers) {
                allow(rights, user, topic, AclOperation.ALL);
            }
            if (consumes) {
                allow(rights, user, topic, AclOperation.READ, AclOperation.DESCRIBE);
            }
            if (produces) {
                allow(rights, user, topic, AclOperation.WRITE, AclOperation.DESCRIBE);
            }
            if (consumes || administers) {
                allow(rights, user, every(ResourceType.GROUP), AclOperation.READ, AclOperation.DESCRIBE);
            }
            if (produces || administers) {
                allow(rights, user, every(ResourceType.TRANSACTIONAL_ID), AclOperation.WRITE, AclOperation.DESCRIBE);
            }
        }
        return rights;
    }

    private static Set<AclBinding> rightsOfAdministrator(ClusterSpec.User user) {
        Set<AclBinding> rights = new HashSet<>();
        for (ResourceType type : List.of(ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)) {
            allow(rights, user, every(type), AclOperation.ALL);
        }
        allow(
                rights,
                user,
                new ResourcePattern(ResourceType.CLUSTER, Resource.CLUSTER_NAME, PatternType.LITERAL),
                AclOperation.CREATE,
                AclOperation.DESCRIBE,
                AclOperation.DESCRIBE_CONFIGS,
                AclOperation.IDEMPOTENT_WRITE);
        return rights;
    }

    private static ResourcePattern every(ResourceType type) {
        return new ResourcePattern(type, ResourcePattern.WILDCARD_RESOURCE, PatternType.LITERAL);
    }

    private static void allow(
            Set<AclBinding> rights, ClusterSpec.User user, ResourcePattern pattern, AclOperation... operations) {
        for (AclOperation operation : operations) {
            rights.add(new AclBinding(
                    pattern, new AccessControlEntry(principal(user.name()), "*", operation, AclPermissionType.ALLOW)));
        }
    }
}
