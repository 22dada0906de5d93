package dev.mooring.dataplane.kafka;

import java.util.Collection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;

/** How far copies are behind. */
public final class Lag {

    private Lag() {}

    /** How many partitions of all topics, the brokers' own among them, have a copy that is not in step. */
    public static long behind(Admin admin) throws InterruptedException {
        return all(admin).stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition ->
                        partition.isr().size() < partition.replicas().size())
                .count();
    }

    public static Collection<TopicDescription> all(Admin admin) throws InterruptedException {
        var names = Answers.of(
                admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        return Answers.of(admin.describeTopics(names).allTopicNames()).values();
    }
}
