package dev.mooring.dataplane.facts;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a recovery has found out.
 *
 * @param semanticVersion exact version that runs the recovered data
 * @param backup the base backup to begin with
 * @param backupAt RFC 3339: when it was made
 * @param size of the base backup's files, in bytes
 * @param timeline of the WAL to replay
 * @param from position where replay begins
 * @param consistent position up to which it has to go at least
 * @param through position up to which nothing is missing
 * @param missing which WAL after that is lost, in words; null when nothing more was ever stored
 * @param recoveredTo commit time of the last transaction that was replayed
 * @param databases all that were found in it
 * @param backupCheck what PostgreSQL's own check said of the base backup, in words; null where it is not asked
 * @param switchedOff what it would have done to servers elsewhere
 * @param proof what was read of what was brought back; null where that is not asked, or not done yet
 * @param refusedSince RFC 3339: since when what may still become right is refused
 */
@RecordBuilder
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
public record RecoveryFacts(
        @Nullable String semanticVersion,
        @Nullable UUID backup,
        @Nullable String backupAt,
        long size,
        int timeline,
        long from,
        long consistent,
        long through,
        @Nullable String missing,
        @Nullable String recoveredTo,
        List<String> databases,
        @Nullable String backupCheck,
        List<SwitchedOff> switchedOff,
        @Nullable Proof proof,
        @Nullable String refusedSince)
        implements RecoveryFactsBuilder.With, Patient<RecoveryFacts> {

    public static final RecoveryFacts NONE =
            new RecoveryFacts(null, null, null, 0, 0, 0, 0, 0, null, null, List.of(), null, List.of(), null, null);

    public RecoveryFacts {
        switchedOff = switchedOff == null ? List.of() : switchedOff;
    }

    /** For who has chosen a backup. */
    public String requiredSemanticVersion() {
        return Objects.requireNonNull(semanticVersion, "no backup is chosen");
    }

    @Override
    public RecoveryFacts refused(@Nullable String since) {
        return withRefusedSince(since);
    }

    /**
     * Something that the original does to a server elsewhere and the copy does not, until its owner says so.
     *
     * @param kind subscription or foreign server
     * @param database where it is
     * @param on SQL that switches it on again, in that database
     */
    @RegisterForReflection
    public record SwitchedOff(String kind, String database, String name, String on) {}

    /**
     * That everything could be read.
     *
     * @param tables read from the first to the last row, catalogs included
     * @param at RFC 3339
     */
    @RegisterForReflection
    public record Proof(int databases, int tables, long rows, String at) {}
}
