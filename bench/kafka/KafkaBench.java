import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Clusters of Mooring beside a broker that is formatted and started by hand, in turns: the time to the first record that was
 * acknowledged and read; what a producer gets through; the memory of a broker; and how long a producer waits when one is killed.
 */
public class KafkaBench {

    private static final int RECORDS = 300_000;
    private static final String RECORD = "x".repeat(200);
    private static final String PLAIN = "by hand without TLS, users and rules";
    private static final String SECURE = "by hand with TLS and a password";

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        // The first of a home has no archive of classes yet.
        time(() -> Mooring.create(1), "the first of this home");
        Mooring.awaitClassArchive();
        List<String> parts = args.length > 1 ? List.of(args[1]) : List.of("creating", "producing", "killing");
        for (String part : parts) {
            switch (part) {
                case "creating" -> creating(rounds);
                case "producing" -> producing(rounds);
                case "killing" -> killing(rounds);
                default -> throw new IllegalArgumentException(part + ": one of creating, producing, killing");
            }
        }
    }

    private static void creating(int rounds) throws Exception {
        double[] mooring = new double[rounds];
        double[] plain = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            plain[i] = time(() -> new ByHand(false, false), PLAIN);
            mooring[i] = time(() -> Mooring.create(1), "Mooring");
        }
        System.out.printf(
                "create to the first record read, median: Mooring %.0f ms, %s %.0f ms, ratio %.2f%n",
                median(mooring), PLAIN, median(plain), median(mooring) / median(plain));
    }

    private static double time(Callable<Brokers> brokers, String name) throws Exception {
        long begin = System.nanoTime();
        try (Brokers made = brokers.call()) {
            firstRecord(made.client());
            double took = (System.nanoTime() - begin) / 1e6;
            System.out.printf("  %s: %.0f ms%n", name, took);
            return took;
        }
    }

    private static void producing(int rounds) throws Exception {
        double[] mooring = new double[rounds];
        double[] same = new double[rounds];
        double[] script = new double[rounds];
        try (Brokers ours = Mooring.create(1);
                Brokers small = new ByHand(true, false);
                Brokers large = new ByHand(true, true)) {
            // Once before, for whatever has to be compiled.
            for (Brokers each : List.of(ours, small, large)) {
                throughput(each.client());
            }
            for (int i = 0; i < rounds; i++) {
                mooring[i] = throughput(ours.client());
                same[i] = throughput(small.client());
                script[i] = throughput(large.client());
            }
            System.out.printf(
                    "records of 200 bytes a second, acks=all, median: Mooring %.0f; %s and the same options of the JVM %.0f, ratio"
                            + " %.2f; as Kafka's own script starts it %.0f, ratio %.2f%n",
                    median(mooring),
                    SECURE,
                    median(same),
                    median(mooring) / median(same),
                    median(script),
                    median(mooring) / median(script));
            System.out.printf(
                    "memory of a broker after that (PSS): Mooring %d MB, by hand with the same options %d MB, as its script %d MB%n",
                    memory(ours.pid(1)), memory(small.pid(1)), memory(large.pid(1)));
        }
    }

    private static double throughput(Properties client) throws Exception {
        Properties settings = new Properties();
        settings.putAll(client);
        settings.put("acks", "all");
        settings.put("linger.ms", "5");
        long begin = System.nanoTime();
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            Future<RecordMetadata> last = null;
            for (int i = 0; i < RECORDS; i++) {
                last = producer.send(new ProducerRecord<>("first", RECORD));
            }
            producer.flush();
            last.get();
        }
        return RECORDS / ((System.nanoTime() - begin) / 1e9);
    }

    private static long memory(long pid) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }

    private static void killing(int rounds) throws Exception {
        double[] one = new double[rounds];
        double[] hand = new double[rounds];
        double[] three = new double[rounds];
        try (Brokers single = Mooring.create(1);
                Brokers small = new ByHand(true, false);
                Brokers several = Mooring.create(3)) {
            for (int i = 0; i < rounds; i++) {
                one[i] = pause(single, 1);
                hand[i] = pause(small, 1);
                three[i] = pause(several, 1 + i % 3);
            }
            System.out.printf(
                    "killed to the next acknowledged record, median: Mooring %.0f ms; by hand, started again at once %.0f ms, ratio"
                            + " %.2f; Mooring with three brokers %.0f ms, longest %.0f ms%n",
                    median(one),
                    median(hand),
                    median(one) / median(hand),
                    median(three),
                    Arrays.stream(three).max().orElseThrow());
            System.out.printf(
                    "memory of three brokers (PSS): %d, %d and %d MB%n",
                    memory(several.pid(1)), memory(several.pid(2)), memory(several.pid(3)));
        }
    }

    /** The longest time between two records of a producer that goes on, in ms. */
    private static double pause(Brokers brokers, int victim) throws Exception {
        Properties settings = new Properties();
        settings.putAll(brokers.client());
        settings.put("acks", "all");
        settings.put("reconnect.backoff.max.ms", "50");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 50; i++) {
                producer.send(new ProducerRecord<>("first", RECORD)).get();
            }
            ProcessHandle process = ProcessHandle.of(brokers.pid(victim)).orElseThrow();
            process.destroyForcibly();
            process.onExit().get();
            brokers.revive();
            long last = System.nanoTime();
            long longest = 0;
            // Longer than it takes the others to find out who leads now.
            for (long end = last + 12_000_000_000L; System.nanoTime() < end; ) {
                producer.send(new ProducerRecord<>("first", RECORD)).get();
                long now = System.nanoTime();
                longest = Math.max(longest, now - last);
                last = now;
            }
            return longest / 1e6;
        }
    }

    private static void firstRecord(Properties client) throws Exception {
        Properties settings = new Properties();
        settings.putAll(client);
        settings.put("acks", "all");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("first", "ahoy")).get();
        }
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            // A place of its own: a group would wait for others to join.
            var partition = new TopicPartition("first", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.poll(Duration.ofMillis(50)).isEmpty()) {}
        }
    }

    private static double median(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
