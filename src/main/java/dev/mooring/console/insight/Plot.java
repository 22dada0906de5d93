package dev.mooring.console.insight;

import dev.mooring.console.operation.Timeline;
import dev.mooring.database.metrics.HistoryResource.Point;
import dev.mooring.database.metrics.HistoryResource.Series;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A series as a small drawing, with a table that says the same.
 *
 * @param latest with its unit, like the other values
 * @param top value of the upper edge; the lower one is zero
 * @param line path of the drawing
 * @param area the same, closed at the bottom
 * @param rows of the table, newest first
 */
public record Plot(
        String name,
        String title,
        String latest,
        String highest,
        String top,
        String line,
        String area,
        List<Row> rows) {

    private static final double WIDTH = 600;
    private static final double HEIGHT = 120;
    private static final int MOST_ROWS = 12;
    private static final Duration GAP = Duration.ofSeconds(100);

    /** @param at RFC 3339 */
    public record Row(String at, String value) {}

    /**
     * @param from left edge
     * @param to right edge
     */
    static Plot of(Series series, Instant from, Instant to) {
        List<Point> points = series.points();
        double highest = points.stream().mapToDouble(Point::value).max().orElse(0);
        double top = nice(highest, series.unit().startsWith("bytes"));
        StringBuilder line = new StringBuilder();
        StringBuilder area = new StringBuilder();
        Instant before = null;
        String last = "";
        for (Point point : points) {
            Instant at = Instant.parse(point.at());
            String x = number(share(from, at, to) * WIDTH);
            String y = number(HEIGHT - point.value() / top * HEIGHT);
            boolean begins = before == null || Duration.between(before, at).compareTo(GAP) > 0;
            if (begins) {
                area.append(close(last));
            }
            // A point with none beside it is a dot.
            line.append(begins ? "M" : "L").append(x).append(' ').append(y).append(begins ? "h0" : "");
            area.append(begins ? "M" + x + " " + number(HEIGHT) + "L" : "L")
                    .append(x)
                    .append(' ')
                    .append(y);
            before = at;
            last = x;
        }
        area.append(close(last));
        return new Plot(
                series.name(),
                title(series.name()),
                told(points.getLast().value(), series.unit()),
                told(highest, series.unit()),
                told(top, series.unit()),
                line.toString(),
                area.toString(),
                rows(points, series.unit()));
    }

    private static String close(String x) {
        return x.isEmpty() ? "" : "L" + x + " " + number(HEIGHT) + "Z";
    }

    private static double share(Instant from, Instant at, Instant to) {
        double whole = Math.max(1, Duration.between(from, to).toMillis());
        return Math.clamp(Duration.between(from, at).toMillis() / whole, 0, 1);
    }

    private static List<Row> rows(List<Point> points, String unit) {
        List<Row> rows = new ArrayList<>();
        double step = Math.max(1, points.size() / (double) MOST_ROWS);
        for (double i = points.size() - 1; i >= 0; i -= step) {
            Point point = points.get((int) Math.round(i));
            rows.add(new Row(
                    Instant.parse(point.at()).truncatedTo(ChronoUnit.SECONDS).toString(), told(point.value(), unit)));
        }
        return rows;
    }

    /** The next round number: 1, 2 or 5 of a power of ten, of a power of 1024 for bytes. */
    static double nice(double value, boolean bytes) {
        if (value <= 0) {
            return 1;
        }
        double unit = 1;
        while (bytes && value / unit >= 1024) {
            unit *= 1024;
        }
        double power = Math.pow(10, Math.floor(Math.log10(value / unit)));
        for (double step : new double[] {1, 2, 5}) {
            if (step * power * unit >= value) {
                return step * power * unit;
            }
        }
        return 10 * power * unit;
    }

    private static String title(String name) {
        return switch (name) {
            case "connections" -> "Connections";
            case "commits" -> "Commits";
            case "wal" -> "WAL written";
            case "lag" -> "Lag of standby nodes";
            case "disk" -> "Disk";
            case "records" -> "Records written";
            case "group_lag" -> "Records that groups have not read";
            default -> name;
        };
    }

    static String told(double value, String unit) {
        return switch (unit) {
            case "bytes" -> Timeline.bytes(Math.round(value));
            case "bytes per second" -> Timeline.bytes(Math.round(value)) + "/s";
            case "per second" -> plain(value) + "/s";
            case "seconds" -> plain(value) + " s";
            default -> plain(value);
        };
    }

    private static String plain(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
