package dev.mooring.console.operation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a migration did to a copy of the database, in words.
 *
 * @param skipped why it was not tried; empty when it was
 * @param lock mode of the strongest lock on a table that was there before; empty for none that was seen
 * @param lockWords what that does to everybody else
 * @param rows that were written anew
 * @param lost what the version that runs may miss
 * @param restore RFC 3339, in whole seconds: the last moment before the migration itself; empty when it is not known
 * @param cluster to go back in; empty likewise
 */
public record Rehearsed(
        String skipped,
        String took,
        String lock,
        String lockWords,
        long rows,
        List<String> lost,
        String restore,
        String cluster) {

    /** None of an operation that has rehearsed nothing. */
    static @Nullable Rehearsed of(@Nullable Map<String, Object> receipt) {
        if (receipt == null || !(receipt.get("rehearsal") instanceof Map<?, ?> rehearsal)) {
            return null;
        }
        String lock = text(rehearsal.get("strongest_lock"));
        Map<?, ?> point = receipt.get("restore_point") instanceof Map<?, ?> known ? known : Map.of();
        return new Rehearsed(
                "DONE".equals(rehearsal.get("state")) ? "" : text(rehearsal.get("note")),
                Timeline.took(Duration.ofMillis(number(rehearsal.get("milliseconds")))),
                lock,
                words(lock),
                number(rehearsal.get("rows_rewritten")),
                rehearsal.get("destructive") instanceof List<?> lost
                        ? lost.stream().map(String::valueOf).toList()
                        : List.of(),
                text(point.get("time")).replaceFirst("(\\.\\d+)?Z$", "Z"),
                text(point.get("cluster")));
    }

    public boolean done() {
        return skipped.isEmpty();
    }

    /** As PostgreSQL's table of conflicting locks has it. */
    static String words(String lock) {
        return switch (lock) {
            case "AccessExclusiveLock" -> "nobody can read or write that table meanwhile";
            case "ExclusiveLock" -> "others can read that table, and nothing else";
            case "ShareLock", "ShareRowExclusiveLock" -> "others can read that table; whoever writes waits";
            case "" -> "";
            default -> "others go on reading and writing";
        };
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }
}
