package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.RolesAndDatabases;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import jakarta.inject.Singleton;
import java.sql.SQLException;

/**
 * Makes a managed cluster of a dev database where it is: another plan, and nobody owns a database alone any more. No row is
 * copied, and address, users and passwords stay.
 */
@Singleton
public class ConvertDatabase extends ReconcileProgram {

    ConvertDatabase(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(Change.CONVERT, clusters, archiver, standbys);
    }

    @Override
    protected void complete(RolesAndDatabases inhabitants, ClusterSpec wish) throws SQLException {
        inhabitants.share(wish);
    }
}
