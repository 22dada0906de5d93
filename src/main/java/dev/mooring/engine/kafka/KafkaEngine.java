package dev.mooring.engine.kafka;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.engine.Engine;
import dev.mooring.engine.NodeSize;
import dev.mooring.engine.Plan;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Apache Kafka, with DigitalOcean's names for what a cluster has from the beginning. */
@ApplicationScoped
public class KafkaEngine implements Engine {

    /** As clients write it. */
    public static final String ENGINE = "kafka";

    public static final String ADMIN = "doadmin";

    private static final int MOST_BROKERS = 3;
    private static final Plan SMALLEST = plan("db-s-2vcpu-2gb", 2, 2, 20);
    private static final List<Plan> PLANS = List.of(
            SMALLEST,
            plan("db-s-2vcpu-4gb", 2, 4, 80),
            plan("gd-2vcpu-8gb", 2, 8, 200),
            plan("gd-4vcpu-16gb", 4, 16, 400));

    private static Plan plan(String slug, int cpus, int memoryGib, int storageGib) {
        return new Plan(slug, cpus, memoryGib * 1024, storageGib * 1024);
    }

    /** One for the smallest size, which is for trying things; three for the others. */
    public static int brokers(NodeSize size) {
        return size.memoryMib() <= SMALLEST.memoryMib() ? 1 : MOST_BROKERS;
    }

    @Override
    public String slug() {
        return ENGINE;
    }

    @Override
    public String name() {
        return "Apache Kafka";
    }

    /** Major and minor, two numbers: 4.10 comes after 4.9. */
    @Override
    public Comparator<String> versions() {
        return (one, other) -> Arrays.compare(numbers(one), numbers(other));
    }

    private static int[] numbers(String version) {
        return Arrays.stream(version.split("\\.")).mapToInt(Integer::parseInt).toArray();
    }

    @Override
    public String defaultVersion() {
        return "4.4";
    }

    /** The project cares for its last three versions and tells no days. */
    @Override
    public @Nullable String endOfLife(String version) {
        return null;
    }

    @Override
    public List<Plan> plans() {
        return PLANS;
    }

    /** Three is what DigitalOcean's clients ask for, with any size; one is the default of its command line. */
    @Override
    public List<Integer> nodeCounts() {
        return List.of(1, MOST_BROKERS);
    }

    @Override
    public String firstUser() {
        return ADMIN;
    }

    @Override
    public @Nullable String firstDatabase() {
        return null;
    }

    /** Kafka has no URI: clients are told where to begin, and authenticate by what they are told beside it. */
    @Override
    public Connection connection(Login login) {
        return new Connection("kafka", login.host() + ":" + login.port());
    }

    @Override
    public Map<String, String> parameters(ObjectNode config, Plan plan) {
        return KafkaConfig.parameters(config);
    }
}
