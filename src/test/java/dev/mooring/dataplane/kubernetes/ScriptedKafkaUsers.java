package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import dev.mooring.dataplane.kafka.Answers;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/** What Strimzi's user operator does: passwords of KafkaUsers, and an end to every user that has no KafkaUser and is not to be ignored. */
final class ScriptedKafkaUsers {

    private static final int ITERATIONS = 4096;

    private final TestObjects objects;
    private final Map<String, String> seen = new HashMap<>();

    ScriptedKafkaUsers(TestObjects objects) {
        this.objects = objects;
    }

    /** @param running what the brokers of a cluster run: they are asked again when it is something else */
    void look(Map<String, RealBrokers> brokers, Map<String, String> running) throws InterruptedException {
        for (Map.Entry<String, RealBrokers> cluster : brokers.entrySet()) {
            Admin admin = cluster.getValue().admin();
            List<GenericKubernetesResource> users = objects.of(TestObjects.KAFKA_USERS).list().getItems().stream()
                    .filter(user -> cluster.getKey()
                            .equals(user.getMetadata().getLabels().get("strimzi.io/cluster")))
                    .toList();
            for (GenericKubernetesResource user : users) {
                settle(user, cluster.getKey(), admin, running.get(cluster.getKey()));
            }
            endOthers(cluster.getKey(), users, admin);
        }
    }

    private void settle(GenericKubernetesResource user, String cluster, Admin admin, String running)
            throws InterruptedException {
        String name = user.getMetadata().getName();
        Map<String, Object> authentication = map(map(user.getAdditionalProperties(), "spec"), "authentication");
        Map<String, Object> reference = map(map(map(authentication, "password"), "valueFrom"), "secretKeyRef");
        GenericKubernetesResource secret = objects.of(TestObjects.SECRETS)
                .withName(reference.get("name").toString())
                .get();
        if (secret == null) {
            return;
        }
        String password = TestObjects.password(secret);
        String looksLike = user.getMetadata().getUid() + password + running;
        if (!looksLike.equals(seen.get(name))) {
            Answers.of(admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                            name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS), password)))
                    .all());
            objects.make(
                    TestObjects.SECRETS,
                    name,
                    Map.of("strimzi.io/cluster", cluster),
                    Map.of("data", Map.of("password", TestObjects.base64(password))));
            seen.put(name, looksLike);
        }
        if (!Objects.equals(
                String.valueOf(map(user.getAdditionalProperties(), "status").get("observedGeneration")),
                String.valueOf(user.getMetadata().getGeneration()))) {
            objects.status(
                    TestObjects.KAFKA_USERS,
                    name,
                    Map.of(
                            "observedGeneration",
                            user.getMetadata().getGeneration(),
                            "username",
                            name,
                            "secret",
                            name,
                            "conditions",
                            List.of(ScriptedStrimzi.condition("Ready", "", ""))));
        }
    }

    private void endOthers(String cluster, List<GenericKubernetesResource> users, Admin admin)
            throws InterruptedException {
        Pattern ignored = ignored(cluster);
        List<String> known =
                users.stream().map(user -> user.getMetadata().getName()).toList();
        List<UserScramCredentialAlteration> ends = new ArrayList<>();
        Answers.of(admin.describeUserScramCredentials().all()).forEach((name, said) -> {
            if (!known.contains(name) && !ignored.matcher(name).matches()) {
                said.credentialInfos()
                        .forEach(info -> ends.add(new UserScramCredentialDeletion(name, info.mechanism())));
                objects.of(TestObjects.SECRETS).withName(name).delete();
                seen.remove(name);
            }
        });
        if (!ends.isEmpty()) {
            Answers.of(admin.alterUserScramCredentials(ends).all());
        }
    }

    private Pattern ignored(String cluster) {
        GenericKubernetesResource kafka =
                objects.of(TestObjects.KAFKAS).withName(cluster).get();
        if (kafka == null) {
            return Pattern.compile(".*");
        }
        Map<String, Object> container = map(
                map(map(map(kafka.getAdditionalProperties(), "spec"), "entityOperator"), "template"),
                "userOperatorContainer");
        return ((List<?>) container.getOrDefault("env", List.of()))
                .stream()
                        .map(one -> (Map<?, ?>) one)
                        .filter(one -> "STRIMZI_IGNORED_USERS_PATTERN".equals(one.get("name")))
                        .map(one -> Pattern.compile(one.get("value").toString()))
                        .findFirst()
                        .orElse(Pattern.compile("^\\*$"));
    }
}
