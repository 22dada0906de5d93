package dev.mooring.process.kafka.broker;

import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import kafka.Kafka;
import kafka.tools.StorageTool;

/**
 * The broker's main program: the settings' file, and at its first start the cluster's id and its first controllers, of which it
 * makes its folder. One JVM does both, because starting one takes as long as starting the broker.
 */
public final class Broker {

    private static final int FIRST_START = 3;
    /** In their place, for a broker that comes to others: they say who the controllers are. */
    private static final String NO_CONTROLLERS = "none";

    private Broker() {}

    public static void main(String[] args) {
        if (args.length == FIRST_START) {
            format(args[0], args[1], args[2]);
        }
        Measurements.start();
        Long seconds = Long.getLong("mooring.broker.seconds");
        if (seconds != null) {
            endAfter(Duration.ofSeconds(seconds));
        }
        Kafka.main(new String[] {args[0]});
    }

    /** Whoever started it may be gone by then. */
    private static void endAfter(Duration limit) {
        Thread end = new Thread(
                () -> {
                    try {
                        Thread.sleep(limit.toMillis());
                        System.exit(0);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "end");
        end.setDaemon(true);
        end.start();
    }

    private static void format(String settings, String cluster, String controllers) {
        List<String> arguments =
                new ArrayList<>(List.of("format", "--config", settings, "--cluster-id", cluster, "--ignore-formatted"));
        if (controllers.equals(NO_CONTROLLERS)) {
            arguments.add("--no-initial-controllers");
        } else {
            arguments.addAll(List.of("--initial-controllers", controllers));
        }
        try (PrintStream nobody = new PrintStream(OutputStream.nullOutputStream())) {
            int exit = StorageTool.execute(arguments.toArray(String[]::new), nobody);
            if (exit != 0) {
                System.err.println("ERROR the broker's folder cannot be made, exit code " + exit);
                System.exit(exit);
            }
        }
    }
}
