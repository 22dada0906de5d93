package dev.mooring.database.metrics;

import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;

/** What is kept of a cluster's measurements for a while. */
enum Measure {
    CONNECTIONS("sessions", false, false, "pg_database_numbackends"),
    COMMITS("per second", true, false, "pg_stat_database_xact_commit"),
    WAL("bytes per second", true, false, "pg_wal_position_bytes"),
    LAG("seconds", false, true, "mooring_replication_lag_seconds"),
    DISK("bytes", false, false, "pg_database_size_bytes", "pg_wal_size_bytes"),
    RECORDS("per second", true, false, "kafka_topic_partition_current_offset"),
    GROUP_LAG("records", false, false, "kafka_consumergroup_lag");

    /** Nobody but Mooring has sessions there, and it has one whenever it measures. */
    private static final String OWN = "{datname=\"postgres\"}";

    private final String unit;
    private final boolean counter;
    private final boolean highest;
    private final String[] families;

    /**
     * @param counter whether it only grows, so that its growth is told
     * @param highest whether the highest of all samples counts, and not their sum
     * @param families of samples that it is made of
     */
    Measure(String unit, boolean counter, boolean highest, String... families) {
        this.unit = unit;
        this.counter = counter;
        this.highest = highest;
        this.families = families;
    }

    String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    String unit() {
        return unit;
    }

    boolean counter() {
        return counter;
    }

    private boolean ofClients() {
        return this == CONNECTIONS || this == COMMITS;
    }

    private boolean has(String family) {
        for (String one : families) {
            if (one.equals(family)) {
                return true;
            }
        }
        return false;
    }

    /** @return of a text in the Prometheus format, by ordinal; {@link Double#NaN} for what is not in it */
    static double[] read(String text) {
        double[] values = new double[values().length];
        Arrays.fill(values, Double.NaN);
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int end = line.lastIndexOf(' ');
            int labels = line.indexOf('{');
            if (end < 0) {
                return;
            }
            String family = line.substring(0, labels < 0 ? end : labels);
            for (Measure measure : values()) {
                if (measure.has(family) && !(measure.ofClients() && line.startsWith(OWN, labels))) {
                    number(line.substring(end + 1)).ifPresent(sample -> add(values, measure, sample));
                }
            }
        });
        return values;
    }

    /** Empty for what a server could not tell. */
    private static OptionalDouble number(String text) {
        try {
            return OptionalDouble.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    private static void add(double[] values, Measure measure, double sample) {
        double before = values[measure.ordinal()];
        values[measure.ordinal()] =
                Double.isNaN(before) ? sample : measure.highest ? Math.max(before, sample) : before + sample;
    }
}
