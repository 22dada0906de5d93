package dev.mooring.process.kafka.broker;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * What the broker measures of itself, as a file in the folder that it works in: a name and a number, one a line. Nobody has to connect
 * for it, and no port is open for it.
 */
final class Measurements implements Runnable {

    private static final Path FILE = Path.of("measurements");
    private static final Duration PAUSE = Duration.ofSeconds(5);

    /** By the names that they get, each as the broker's own name and the value of it. */
    private static final Map<String, String[]> MEASURES = new LinkedHashMap<>();

    static {
        topics("bytesin_total", "BytesInPerSec");
        topics("bytesout_total", "BytesOutPerSec");
        topics("messagesin_total", "MessagesInPerSec");
        topics("failedproducerequests_total", "FailedProduceRequestsPerSec");
        topics("failedfetchrequests_total", "FailedFetchRequestsPerSec");
        measure("replicamanager_partitioncount", "type=ReplicaManager,name=PartitionCount", "Value");
        measure("replicamanager_leadercount", "type=ReplicaManager,name=LeaderCount", "Value");
        measure(
                "replicamanager_underreplicatedpartitions",
                "type=ReplicaManager,name=UnderReplicatedPartitions",
                "Value");
        measure(
                "kafkarequesthandlerpool_requesthandleravgidle_percent",
                "type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
                "OneMinuteRate");
    }

    private static void topics(String name, String of) {
        measure("brokertopicmetrics_" + name, "type=BrokerTopicMetrics,name=" + of, "Count");
    }

    private static void measure(String name, String of, String value) {
        MEASURES.put("kafka_server_" + name, new String[] {"kafka.server:" + of, value});
    }

    static void start() {
        Thread thread = new Thread(new Measurements(), "measurements");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        try {
            while (true) {
                Thread.sleep(PAUSE.toMillis());
                write();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write() {
        StringBuilder text = new StringBuilder();
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        MEASURES.forEach((name, of) -> {
            try {
                Object value = beans.getAttribute(new ObjectName(of[0]), of[1]);
                if (value instanceof Number number) {
                    text.append(name).append(' ').append(number).append('\n');
                }
            } catch (JMException e) {
                // Not measured yet, or not by this version.
            }
        });
        text.append("jvm_memory_heap_used_bytes ")
                .append(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed())
                .append('\n');
        try {
            Path next = Path.of(FILE + ".next");
            Files.writeString(next, text);
            Files.move(next, FILE, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            // A full disk, which others tell of: the next try is in a moment.
        }
    }
}
