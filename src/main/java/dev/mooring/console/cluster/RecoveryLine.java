package dev.mooring.console.cluster;

import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.BackupView;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The moments that can be recovered, from the earliest to the latest, with what happened in between.
 *
 * @param earliest RFC 3339; empty before the first backup
 * @param latest likewise
 */
public record RecoveryLine(String earliest, String latest, String span, List<Mark> marks) {

    static final RecoveryLine NONE = new RecoveryLine("", "", "", List.of());

    private static final double WIDTH = 1000;

    /** What is worth a mark, by the kind of operation. */
    private static final Map<String, String> KINDS = Map.of(
            "drill-recovery", "drill",
            "upgrade-cluster", "upgrade",
            "undo-upgrade", "upgrade",
            "resize-cluster", "change",
            "install-update", "change",
            "convert-database", "change");

    /**
     * @param kind backup, drill, upgrade or change
     * @param at where on the line, of {@value #WIDTH}
     */
    public record Mark(String kind, String words, String time, String at) {}

    public boolean open() {
        return !earliest.isEmpty();
    }

    static RecoveryLine of(WindowView window, List<BackupView> backups, List<Timeline> operations) {
        Instant from = Instant.parse(window.earliest());
        Instant to = Instant.parse(window.latest());
        List<Mark> marks = new ArrayList<>();
        for (BackupView backup : backups) {
            add(marks, "backup", "Backup", backup.createdAt(), from, to);
        }
        for (Timeline operation : operations) {
            String kind = KINDS.get(operation.slug());
            if (kind != null && operation.state().equals("done")) {
                add(marks, kind, operation.kind(), operation.finishedAt(), from, to);
            }
        }
        return new RecoveryLine(window.earliest(), window.latest(), span(Duration.between(from, to)), marks);
    }

    private static void add(List<Mark> marks, String kind, String words, String time, Instant from, Instant to) {
        Instant at = Instant.parse(time);
        if (!at.isBefore(from) && !at.isAfter(to)) {
            double share = Duration.between(from, at).toMillis()
                    / (double) Math.max(1, Duration.between(from, to).toMillis());
            marks.add(new Mark(kind, words, time, String.format(Locale.ROOT, "%.1f", 10 + share * (WIDTH - 20))));
        }
    }

    private static String span(Duration time) {
        if (time.toHours() >= 48) {
            return time.toDays() + " days";
        }
        if (time.toMinutes() >= 2) {
            return time.toMinutes() >= 120 ? time.toHours() + " hours" : time.toMinutes() + " minutes";
        }
        return time.toSeconds() + " seconds";
    }
}
