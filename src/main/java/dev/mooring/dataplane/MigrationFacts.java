package dev.mooring.dataplane;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the migration from a server elsewhere has found out and done.
 *
 * @param databases that come along; empty before that is known
 * @param replicated whether what is written at the source goes on coming; else everything came once
 * @param reason why not; null when it does
 * @param begun whether the cluster's databases hold anything of the migration
 * @param tables that were copied
 * @param bytes that they take in the cluster
 * @param complete whether the databases hold everything that the source had when it ended
 */
@RecordBuilder
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection(registerFullHierarchy = true)
public record MigrationFacts(
        List<String> databases,
        boolean replicated,
        String reason,
        boolean begun,
        int tables,
        long bytes,
        boolean complete)
        implements MigrationFactsBuilder.With {

    public static final MigrationFacts NONE = new MigrationFacts(List.of(), false, null, false, 0, 0, false);

    public Map<String, Object> receipt() {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("databases", databases);
        receipt.put("method", replicated ? "replication" : "dump");
        if (reason != null) {
            receipt.put("why_no_replication", reason);
        }
        receipt.put("tables", tables);
        receipt.put("bytes", bytes);
        return receipt;
    }
}
