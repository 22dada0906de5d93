package dev.mooring.console.operation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.operation.api.OperationView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An operation as it is drawn: its steps on a line as long as it took, its receipt in words.
 *
 * @param slug its kind, as the API has it
 * @param kind the same, for people
 * @param subject id of the cluster or app
 * @param app whether it works on an app
 * @param waiting what it waits for; empty when for nothing
 * @param error empty when there is none
 * @param cancelled whether somebody has asked for its end
 * @param cancellable whether that has any effect, or would have
 * @param rehearsal of a migration, when there was one
 * @param json the receipt; empty when there is none
 */
public record Timeline(
        String id,
        String slug,
        String kind,
        String subject,
        boolean app,
        String state,
        String words,
        String waiting,
        String error,
        boolean overdue,
        boolean cancelled,
        boolean cancellable,
        String createdAt,
        String finishedAt,
        String took,
        int percent,
        List<Bar> bars,
        List<Fact> receipt,
        @Nullable Rehearsed rehearsal,
        String json) {

    /** Of the drawing, in its own units. */
    private static final double WIDTH = 1000;

    private static final double LEAST = 6;
    private static final String REHEARSAL = "rehearsal";
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\d[T ][\\d:.]+(Z|\\+00)");

    /**
     * A step on the line.
     *
     * @param from where it begins, of {@value #WIDTH}
     */
    public record Bar(
            String name, String words, String startedAt, String took, String from, String width, boolean current) {}

    /** One measure of a receipt. */
    public record Fact(String what, String value) {}

    public boolean ended() {
        return !state.equals("queued") && !state.equals("running");
    }

    public boolean again() {
        return state.equals("failed") || state.equals("cancelled") || state.equals("queued");
    }

    /** Whether it is taking back what it has done. */
    public boolean rollingBack() {
        return !ended() && !error.isEmpty();
    }

    /** Whether how far it has come is known. */
    public boolean measured() {
        return percent >= 0;
    }

    /** The whole of it. */
    static Timeline of(OperationView operation, ObjectMapper mapper, Instant now) {
        return of(
                operation,
                now,
                bars(operation, now),
                facts(operation.receipt()),
                Rehearsed.of(operation.receipt()),
                json(operation.receipt(), mapper));
    }

    /** One of many: without steps and receipt. */
    static Timeline row(OperationView operation, Instant now) {
        return of(operation, now, List.of(), List.of(), null, "");
    }

    private static Timeline of(
            OperationView operation,
            Instant now,
            List<Bar> bars,
            List<Fact> receipt,
            @Nullable Rehearsed rehearsal,
            String json) {
        return new Timeline(
                operation.id().toString(),
                operation.kind(),
                words(operation.kind()),
                operation.subjectId().toString(),
                operation.kind().endsWith("-app"),
                operation.state(),
                operation.steps().isEmpty() ? "" : operation.steps().getLast().description(),
                text(operation.waitingFor()),
                text(operation.error()),
                operation.overdue(),
                operation.cancelRequested(),
                operation.cancellable(),
                operation.createdAt(),
                text(operation.finishedAt()),
                took(Duration.between(instant(operation.createdAt()), end(operation, now))),
                percent(operation.progress()),
                bars,
                receipt,
                rehearsal,
                json);
    }

    private static Instant end(OperationView operation, Instant now) {
        return operation.finishedAt() == null ? now : instant(operation.finishedAt());
    }

    private static List<Bar> bars(OperationView operation, Instant now) {
        Instant begin = instant(operation.createdAt());
        Instant end = end(operation, now);
        double scale = WIDTH / Math.max(1, Duration.between(begin, end).toMillis());
        List<Bar> bars = new ArrayList<>();
        for (OperationView.StepView step : operation.steps()) {
            Instant from = step.startedAt() == null ? begin : instant(step.startedAt());
            String finished = step.finishedAt();
            Instant to = finished == null ? end : instant(finished);
            double x = Math.clamp(Duration.between(begin, from).toMillis() * scale, 0, WIDTH - LEAST);
            double width = Math.clamp(Duration.between(from, to).toMillis() * scale, LEAST, WIDTH - x);
            bars.add(new Bar(
                    step.name(),
                    step.description(),
                    step.startedAt(),
                    took(Duration.between(from, to)),
                    number(x),
                    number(width),
                    finished == null));
        }
        return bars;
    }

    private static int percent(@Nullable Map<String, Object> progress) {
        if (progress == null
                || !(progress.get("position") instanceof Number position)
                || !(progress.get("total") instanceof Number total)
                || total.longValue() <= 0) {
            return -1;
        }
        return Math.clamp(100 * position.longValue() / total.longValue(), 0, 100);
    }

    public static List<Fact> facts(@Nullable Map<String, Object> receipt) {
        List<Fact> facts = new ArrayList<>();
        if (receipt != null) {
            receipt.forEach((name, value) -> {
                // It is told by itself.
                if (!name.equals(REHEARSAL)) {
                    add(facts, name, value);
                }
            });
        }
        return facts;
    }

    private static void add(List<Fact> facts, String name, @Nullable Object value) {
        switch (value) {
            case null -> {}
            case Map<?, ?> members -> members.forEach((member, its) -> add(facts, name + ": " + member, its));
            case List<?> list ->
                facts.add(new Fact(
                        words(name),
                        list.isEmpty()
                                ? "none"
                                : String.join(
                                        ", ", list.stream().map(String::valueOf).toList())));
            case Boolean yes -> facts.add(new Fact(words(name), yes ? "yes" : "no"));
            case Number number
            when name.endsWith("_ms") ->
                facts.add(new Fact(
                        words(name.substring(0, name.length() - 3)), took(Duration.ofMillis(number.longValue()))));
            case Number number
            when name.endsWith("bytes") ->
                facts.add(new Fact(
                        words(name.replaceFirst("_?bytes$", name.equals("bytes") ? "size" : "")),
                        bytes(number.longValue())));
            case String time
            when TIME.matcher(time).matches() ->
                facts.add(new Fact(words(name), time.replace('T', ' ').replaceFirst("(\\.\\d+)?(Z|\\+00)$", " UTC")));
            default -> facts.add(new Fact(words(name), String.valueOf(value)));
        }
    }

    static String words(String name) {
        String words = name.replace('-', ' ').replace('_', ' ').strip();
        return words.isEmpty() ? "Size" : words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    /** With the unit that fits. */
    public static String bytes(long bytes) {
        String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    static String took(Duration time) {
        long ms = Math.max(0, time.toMillis());
        if (ms < 1000) {
            return ms + " ms";
        }
        if (ms < 60_000) {
            return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
        }
        return ms < 3_600_000
                ? ms / 60_000 + " min " + ms / 1000 % 60 + " s"
                : ms / 3_600_000 + " h " + ms / 60_000 % 60 + " min";
    }

    private static String json(@Nullable Map<String, Object> receipt, ObjectMapper mapper) {
        try {
            return receipt == null
                    ? ""
                    : mapper.writerWithDefaultPrettyPrinter().writeValueAsString(receipt);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Instant instant(String time) {
        return Instant.parse(time);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }
}
