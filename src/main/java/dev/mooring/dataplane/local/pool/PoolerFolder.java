package dev.mooring.dataplane.local.pool;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.MooringHome;
import dev.mooring.process.Handover;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** What lies in the folder of a cluster's pools: what runs there, and the files of both sides' processes. */
record PoolerFolder(LocalClusters clusters, ClusterFolder folder) {

    private static final ObjectMapper JSON = new ObjectMapper();

    Path root() {
        return folder.pooler().root();
    }

    private Path file() {
        return root().resolve("pool.json");
    }

    Optional<PoolerManifest> manifest() throws IOException {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(file()), PoolerManifest.class));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    void store(PoolerManifest manifest) throws IOException {
        MooringHome.write(file(), JSON.writeValueAsString(manifest), "rw-------");
    }

    PgBouncerProcess process(PoolerManifest manifest, String side) {
        return new PgBouncerProcess(
                new PgBouncer(Path.of(manifest.program()), manifest.version()),
                root().resolve(side),
                manifest.port(),
                clusters.account());
    }

    void write(PoolerManifest manifest, PgBouncerProcess process) throws IOException {
        Handover.folder(process.folder(), clusters.account());
        clusters.writeFile(process.folder().resolve(PoolerSettings.USERS), PoolerSettings.users());
        clusters.writeFile(process.folder().resolve(PoolerSettings.RULES), manifest.rules());
        clusters.writeFile(process.folder().resolve(PgBouncerProcess.SETTINGS), manifest.settings());
    }

    /** Ends whatever runs on either side, whether or not anything says what that is. */
    void fence() throws IOException, InterruptedException {
        for (String side : PoolerManifest.SIDES) {
            new PgBouncerProcess(new PgBouncer(Path.of("/"), ""), root().resolve(side), 0, clusters.account()).fence();
        }
    }

    void remove() {
        MooringHome.deleteTree(root());
    }
}
