package dev.mooring.dataplane.facts;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a change of the major version has found out and done.
 *
 * @param method how; null before it is chosen
 * @param reason why not the other way; null when it was asked for
 * @param port of the server beside the one that serves; 0 for the cluster's own for that
 * @param semanticVersion exact version that runs in the end
 * @param oldVersion exact version that served before
 * @param oldTimeline of the server that served before
 * @param timeline of the server that serves in the end
 * @param limits how many connections each database takes; -1 for any number. Empty before anybody was kept out
 * @param bytes size of the databases
 * @param followUp what was done afterwards, and what is left to do, in words
 * @param comparison what was found, in words
 * @param backup first backup of the new server, complete before it serves; null without one
 * @param backupAt RFC 3339: the first moment that can be restored from it
 * @param backupSize in bytes
 * @param backupStored as it lies in the archive, in bytes
 * @param closedAt RFC 3339: when the last commit of the old server was possible
 * @param servesSince RFC 3339: when the new server was opened; null while the old one serves
 * @param pauseMs between the last write before and the first write after, through the cluster's own address
 * @param ended whose sessions were ended in the middle of a transaction
 * @param undoUntil RFC 3339; null when it cannot be undone
 * @param undoProblem why not
 * @param crashes how many copies were spoiled by programs that broke off
 * @param away how long each server was away, as users see it
 * @param pools what clients of connection pools noticed, as users see it
 * @param update the images of the old and the new version, where servers run from such; null before they are known
 * @param safety backup of the old version, made right before; null without one
 * @param through position up to which the archive of the old version is to have everything; null before that is asked for
 * @param walAside whether the old version's servers may have archived WAL where the new one's belongs
 * @param refusedSince RFC 3339: since when what may still become right is refused
 */
@RecordBuilder
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
public record UpgradeFacts(
        @Nullable Method method,
        @Nullable String reason,
        int port,
        @Nullable String semanticVersion,
        @Nullable String oldVersion,
        int oldTimeline,
        int timeline,
        Map<String, Integer> limits,
        long bytes,
        List<String> followUp,
        @Nullable String comparison,
        @Nullable UUID backup,
        @Nullable String backupAt,
        long backupSize,
        long backupStored,
        @Nullable String closedAt,
        @Nullable String servesSince,
        double pauseMs,
        List<String> ended,
        @Nullable String undoUntil,
        @Nullable String undoProblem,
        int crashes,
        Map<String, Object> away,
        Map<String, Object> pools,
        ClusterFacts.@Nullable Update update,
        @Nullable BackupFacts safety,
        @Nullable Long through,
        boolean walAside,
        @Nullable String refusedSince)
        implements UpgradeFactsBuilder.With, Patient<UpgradeFacts>, Rolling<UpgradeFacts> {

    /**
     * The ways from one major version to another. Both make it of a physical copy by pg_upgrade. BRIEF: while nobody can write. ONLINE:
     * while the old one serves; what is written meanwhile follows by logical replication.
     */
    public enum Method {
        BRIEF,
        ONLINE;

        /** As users write it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final UpgradeFacts NONE = new UpgradeFacts(
            null, null, 0, null, null, 0, 0, Map.of(), 0, List.of(), null, null, null, 0, 0, null, null, 0, List.of(),
            null, null, 0, Map.of(), Map.of(), null, null, null, false, null);

    public UpgradeFacts {
        limits = limits == null ? Map.of() : limits;
        followUp = followUp == null ? List.of() : followUp;
        ended = ended == null ? List.of() : ended;
        away = away == null ? Map.of() : away;
        pools = pools == null ? Map.of() : pools;
    }

    /** For who looks at the server of before. */
    public String requiredOldVersion() {
        return Objects.requireNonNull(oldVersion, "the version before is not known");
    }

    @Override
    public UpgradeFacts refused(@Nullable String since) {
        return withRefusedSince(since);
    }

    @Override
    public UpgradeFacts rolled(Map<String, Object> servers) {
        return withAway(servers);
    }

    /** With one more of what is left to do, or was done. */
    public UpgradeFacts noted(@Nullable String note) {
        return withFollowUp(Stream.concat(followUp.stream(), Stream.of(note)).toList());
    }

    /** What users see of it. */
    public Map<String, Object> receipt() {
        Map<String, Object> receipt = new java.util.LinkedHashMap<>();
        receipt.put("version", semanticVersion);
        receipt.put("method", method == null ? null : method.text());
        receipt.put("method_reason", reason);
        receipt.put("write_pause_ms", pauseMs);
        receipt.put("transactions_ended", ended.size());
        receipt.put("transactions_ended_of", ended.isEmpty() ? null : ended);
        receipt.putAll(pools);
        receipt.put("bytes", bytes);
        receipt.put("follow_up", followUp.isEmpty() ? null : followUp);
        receipt.put("verdict", comparison);
        receipt.put("serves_since", servesSince);
        receipt.put("undo_until", undoUntil);
        if (undoProblem != null) {
            receipt.put("undo_problem", undoProblem);
        }
        // What was not measured is left out.
        receipt.values()
                .removeIf(value -> value == null || (value instanceof Number number && number.doubleValue() < 0));
        return receipt;
    }

    /** For who runs another image. */
    public ClusterFacts.Update requiredUpdate() {
        return Objects.requireNonNull(update, "the facts say nothing of an image");
    }

    /** For who waits for what was written by then. */
    public long requiredThrough() {
        return Objects.requireNonNull(through, "the facts say nothing of a position");
    }

    /** For who has chosen a version. */
    public String requiredSemanticVersion() {
        return Objects.requireNonNull(semanticVersion, "the facts say nothing of a version");
    }

    /** For who has chosen a way. */
    public Method requiredMethod() {
        return Objects.requireNonNull(method, "the facts say nothing of a method");
    }
}
