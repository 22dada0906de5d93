package dev.mooring.dataplane.facts;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the migration from a server elsewhere has found out and done.
 *
 * @param databases that come along; empty before that is known
 * @param replicated whether what is written at the source goes on coming; else everything came once
 * @param reason why not
 * @param begun whether the cluster's databases hold anything of the migration
 * @param tables that were copied
 * @param bytes that they take in the cluster
 * @param leftOut what does not come, with the reason, as far as it is known
 * @param loose tables that replication cannot bring whole: what differs in the end is copied again
 * @param copiedAgain those of them that did
 * @param differences what is not as at the source, as it was last looked at
 * @param lookedAt when that was, in seconds since 1970
 * @param tablesCompared in the end, by a checksum of their rows
 * @param rowsCompared rows in them
 * @param largeObjects that came
 * @param complete whether the databases hold everything that the source had when it ended
 */
@RecordBuilder
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
public record MigrationFacts(
        List<String> databases,
        boolean replicated,
        @Nullable String reason,
        boolean begun,
        int tables,
        long bytes,
        List<String> leftOut,
        List<String> loose,
        List<String> copiedAgain,
        List<String> differences,
        long lookedAt,
        int tablesCompared,
        long rowsCompared,
        int largeObjects,
        boolean complete)
        implements MigrationFactsBuilder.With {

    public static final MigrationFacts NONE = new MigrationFacts(
            List.of(), false, null, false, 0, 0, List.of(), List.of(), List.of(), List.of(), 0, 0, 0, 0, false);

    /** Those of a migration that an older Mooring has begun know less. */
    public MigrationFacts {
        leftOut = leftOut == null ? List.of() : leftOut;
        loose = loose == null ? List.of() : loose;
        copiedAgain = copiedAgain == null ? List.of() : copiedAgain;
        differences = differences == null ? List.of() : differences;
    }

    public Map<String, Object> receipt() {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("databases", databases);
        receipt.put("method", replicated ? "replication" : "dump");
        if (reason != null) {
            receipt.put("why_no_replication", reason);
        }
        receipt.put("tables", tables);
        receipt.put("bytes", bytes);
        receipt.put("large_objects", largeObjects);
        receipt.put("tables_compared", tablesCompared);
        receipt.put("rows_compared", rowsCompared);
        receipt.put("copied_again", copiedAgain);
        receipt.put("differences", differences);
        receipt.put("left_out", leftOut);
        return receipt;
    }
}
