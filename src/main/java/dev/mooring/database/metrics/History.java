package dev.mooring.database.metrics;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What was measured of one cluster lately, in memory. */
final class History {

    static final Duration KEPT = Duration.ofHours(2);
    /** Somebody who looks has it measured more often than it is by itself. */
    private static final int MOST = 1000;

    private static final Duration LEAST_APART = Duration.ofSeconds(1);

    private final Deque<Sample> samples = new ArrayDeque<>();

    private record Sample(Instant at, double[] values) {}

    /** A value at a moment. */
    record Point(Instant at, double value) {}

    /** One that comes right after another says nothing new, and a growth by the millisecond would mislead. */
    synchronized void add(Instant at, double[] values) {
        if (since(at.minus(LEAST_APART))) {
            return;
        }
        samples.addLast(new Sample(at, values));
        while (samples.size() > MOST || samples.getFirst().at().isBefore(at.minus(KEPT))) {
            samples.removeFirst();
        }
    }

    /** Whether there is a sample from after the moment. */
    synchronized boolean since(Instant moment) {
        return !samples.isEmpty() && samples.getLast().at().isAfter(moment);
    }

    /** Oldest first. Of a counter how fast it grew since the sample before; nothing where it began anew. */
    synchronized List<Point> points(Measure measure) {
        List<Point> points = new ArrayList<>();
        Sample before = null;
        for (Sample sample : samples) {
            double value = sample.values()[measure.ordinal()];
            if (Double.isNaN(value)) {
                continue;
            }
            if (!measure.counter()) {
                points.add(new Point(sample.at(), value));
            } else if (before != null && value >= before.values()[measure.ordinal()]) {
                double seconds = Duration.between(before.at(), sample.at()).toMillis() / 1000.0;
                if (seconds > 0) {
                    points.add(new Point(sample.at(), (value - before.values()[measure.ordinal()]) / seconds));
                }
            }
            before = sample;
        }
        return points;
    }
}
