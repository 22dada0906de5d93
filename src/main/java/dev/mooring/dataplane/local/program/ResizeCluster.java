package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;

/** Gives a running cluster what another plan or more storage brings. */
@Singleton
public class ResizeCluster extends ReconcileProgram {

    private static final long MIB = 1024 * 1024;

    ResizeCluster(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(Change.RESIZE, clusters, archiver, standbys);
    }

    @Override
    protected void check(Connection superuser, ClusterSpec wish) throws SQLException {
        long held = PostgresServer.number(superuser, "select sum(pg_database_size(oid)) from pg_database") / MIB;
        if (held > wish.size().storageMib()) {
            throw new OperationFailed("the cluster's databases hold " + held + " MiB, more than the "
                    + wish.size().storageMib() + " MiB of storage that it would have; nothing was changed");
        }
    }
}
