package dev.mooring.console.cluster;

import dev.mooring.app.deployment.ClusterDeploymentResource.Deployed;
import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.BackupView;
import dev.mooring.database.backup.RecoveryResource.WindowView;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The moments that can be recovered, from the earliest to the latest, with what happened in between.
 *
 * @param earliest RFC 3339; empty before the first backup
 * @param latest likewise
 */
public record RecoveryLine(String earliest, String latest, String span, List<Mark> marks, List<WindowView.Gap> gaps) {

    static final RecoveryLine NONE = new RecoveryLine("", "", "", List.of(), List.of());

    private static final double WIDTH = 1000;
    private static final Duration JUST_NOW = Duration.ofSeconds(5);

    /** What is worth a mark, by the kind of operation. */
    private static final Map<String, String> KINDS = Map.of(
            "drill-recovery", "drill",
            "upgrade-cluster", "upgrade",
            "undo-upgrade", "upgrade",
            "resize-cluster", "change",
            "install-update", "change",
            "convert-database", "change",
            "switch-over", "change",
            "fail-over", "change");

    /** Kinds of operations that have marks. */
    static final Set<String> MARKED = KINDS.keySet();

    /**
     * @param kind backup, drill, upgrade, deployment, point or change
     * @param at where on the line, of {@value #WIDTH}
     * @param moment the same time as whole seconds that can be recovered
     */
    public record Mark(String kind, String words, String time, String at, String moment) {

        /** Backups and drills are no moments that somebody would go back to. */
        public boolean pick() {
            return !kind.equals("backup") && !kind.equals("drill");
        }
    }

    public boolean open() {
        return !earliest.isEmpty();
    }

    /** @param operations of marked kinds, at least those that were done within the window */
    static RecoveryLine of(
            WindowView window, List<BackupView> backups, List<Timeline> operations, List<Deployed> deployments) {
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
        for (Deployed deployed : deployments) {
            add(marks, "deployment", "Deployment of " + deployed.appName(), deployed.createdAt(), from, to);
            if (deployed.restorePoint() != null) {
                String words = "Before a deployment of " + deployed.appName() + " changed anything";
                add(marks, "point", words, deployed.restorePoint(), from, to);
            }
        }
        marks.sort(
                Comparator.comparing((Mark mark) -> Instant.parse(mark.time())).reversed());
        return new RecoveryLine(
                window.earliest(), window.latest(), span(Duration.between(from, to)), marks, window.gaps());
    }

    private static void add(List<Mark> marks, String kind, String words, String time, Instant from, Instant to) {
        Instant happened = Instant.parse(time);
        // What ends just now ends behind the last whole second.
        Instant at = happened.isAfter(to) && happened.isBefore(to.plus(JUST_NOW)) ? to : happened;
        if (!at.isBefore(from) && !at.isAfter(to)) {
            double share = Duration.between(from, at).toMillis()
                    / (double) Math.max(1, Duration.between(from, to).toMillis());
            marks.add(new Mark(
                    kind,
                    words,
                    time,
                    String.format(Locale.ROOT, "%.1f", 10 + share * (WIDTH - 20)),
                    at.truncatedTo(ChronoUnit.SECONDS).toString()));
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
