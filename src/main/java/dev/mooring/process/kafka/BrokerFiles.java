package dev.mooring.process.kafka;

import java.nio.file.Path;

/**
 * Where a broker has its files. The folder is Mooring's own; data and logs in it are the account's.
 *
 * @param root the broker's folder
 */
public record BrokerFiles(Path root) {

    /** Where it works. */
    public Path data() {
        return root.resolve("data");
    }

    public Path settings() {
        return root.resolve("server.properties");
    }

    public Path logging() {
        return root.resolve("log4j2.properties");
    }

    /** Who may connect. */
    public Path sources() {
        return root.resolve("sources");
    }

    /** Whose certificate is whose. */
    public Path access() {
        return root.resolve("access");
    }

    /** For clients. */
    public Path certificate() {
        return root.resolve("server.pem");
    }

    /** For the other brokers and for Mooring. */
    public Path identity() {
        return root.resolve("identity.pem");
    }

    /** Whom it believes in who the others are. */
    public Path authorities() {
        return root.resolve("ca.pem");
    }

    /** What it measures of itself: the account's, so any text. */
    public Path measurements() {
        return data().resolve("measurements");
    }

    public Path logs() {
        return root.resolve("log");
    }

    public Path log() {
        return logs().resolve("server.log");
    }

    public Path startLog() {
        return logs().resolve("start.log");
    }
}
