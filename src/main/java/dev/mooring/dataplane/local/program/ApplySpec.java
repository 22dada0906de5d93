package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import jakarta.inject.Singleton;

/** Users, databases, trusted sources and settings of a running cluster. */
@Singleton
public class ApplySpec extends ReconcileProgram {

    ApplySpec(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(Change.APPLY, clusters, archiver, standbys);
    }
}
