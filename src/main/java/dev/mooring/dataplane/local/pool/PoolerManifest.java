package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.process.pgbouncer.PgBouncer;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;

/**
 * What runs for a cluster's pools, as a file beside it.
 *
 * @param side the folder of the process that takes new clients
 * @param program that runs there, and its version
 * @param settings what its files say
 */
@RecordBuilder
@RegisterForReflection
record PoolerManifest(
        String side,
        String program,
        String version,
        int port,
        List<ClusterSpec.Pool> pools,
        String settings,
        String rules)
        implements PoolerManifestBuilder.With {

    static final List<String> SIDES = List.of("a", "b");

    /** Where a program is put that takes this one's place, or one is that had it. */
    String otherSide() {
        return SIDES.get(1 - SIDES.indexOf(side));
    }

    PoolerManifest running(PgBouncer other, String there) {
        return with(now -> now.side(there).program(other.file().toString()).version(other.version()));
    }
}
