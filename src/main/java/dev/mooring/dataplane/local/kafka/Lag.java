package dev.mooring.dataplane.local.kafka;

import java.util.Collection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;

/** How far copies are behind. */
final class Lag {

    private Lag() {}

    /** How many partitions of all topics, the brokers' own among them, have a copy that is not in step. */
    static long behind(Admin admin) throws InterruptedException {
        return all(admin).stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition ->
                        partition.isr().size() < partition.replicas().size())
                .count();
    }

    static Collection<TopicDescription> all(Admin admin) throws InterruptedException {
        var names = AdminClients.answer(
                admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        return AdminClients.answer(admin.describeTopics(names).allTopicNames()).values();
    }
}
