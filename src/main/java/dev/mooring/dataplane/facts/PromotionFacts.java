package dev.mooring.dataplane.facts;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a read-only node that becomes a cluster of its own.
 *
 * @param version major version that it runs; null before that is known
 * @param semanticVersion exact version that it runs
 * @param through position in the primary's WAL up to which it has to be; -1 when the primary did not answer, null before it was asked
 * @param since RFC 3339, when that was
 * @param switchedOff what it would have done to servers elsewhere in the primary's name
 * @param refusedSince RFC 3339: since when what may still become right is refused
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
@RecordBuilder
public record PromotionFacts(
        @Nullable String version,
        @Nullable String semanticVersion,
        @Nullable Long through,
        @Nullable String since,
        List<RecoveryFacts.SwitchedOff> switchedOff,
        @Nullable String refusedSince)
        implements PromotionFactsBuilder.With, Patient<PromotionFacts> {

    public static final PromotionFacts NONE = new PromotionFacts(null, null, null, null, List.of(), null);

    public PromotionFacts {
        switchedOff = switchedOff == null ? List.of() : List.copyOf(switchedOff);
    }

    @Override
    public PromotionFacts refused(@Nullable String since) {
        return withRefusedSince(since);
    }

    /** For who has asked the primary. */
    public long requiredThrough() {
        return Objects.requireNonNull(through, "the facts say nothing of a position");
    }
}
