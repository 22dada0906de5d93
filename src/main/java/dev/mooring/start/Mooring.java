package dev.mooring.start;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The main program. */
public class Mooring implements QuarkusApplication {

    private static final int STOP_LIMIT_SECONDS = 30;

    public static void main(String[] args) {
        Bootstrap ground;
        try {
            ground = Bootstrap.prepare(true);
        } catch (Exception e) {
            System.err.println("Mooring cannot start: " + e.getMessage());
            if (!(e instanceof IllegalStateException || e instanceof IllegalArgumentException)) {
                e.printStackTrace();
            }
            System.exit(1);
            return;
        }
        // The metadata database must outlast everything that writes to it, also when a signal ends the process.
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                if (ended.await(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    ground.close();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        AtomicBoolean failed = new AtomicBoolean();
        ApiDescription.hide();
        try {
            Quarkus.run(
                    Mooring.class,
                    (code, failure) -> {
                        if (failure != null) {
                            System.err.println("Mooring ended: " + cause(failure));
                        }
                        failed.set(failure != null || code == 1);
                    },
                    args);
        } finally {
            ended.countDown();
        }
        if (failed.get()) {
            System.exit(1);
        }
    }

    /** The innermost message says what is wrong; the outer ones only that something is. */
    private static String cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private final Metadata metadata;

    Mooring(Metadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public int run(String... args) throws InterruptedException {
        if (Role.configured() == Role.MIGRATE) {
            metadata.await();
            return 0;
        }
        Quarkus.waitForExit();
        return 0;
    }
}
