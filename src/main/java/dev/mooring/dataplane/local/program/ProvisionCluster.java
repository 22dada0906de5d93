package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterFacts;
import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.Inhabitants;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.dataplane.local.postgres.SystemIdentifier;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/** A new PostgreSQL cluster: the template's copy, started, with its users and databases. */
@Singleton
public class ProvisionCluster extends ClusterProgram<ProvisionCluster.Steps> {

    /** A copy of the template and the first WAL segments, with room to breathe. */
    private static final long SMALLEST_DISK = 256L << 20;

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final String WRONG_PASSWORD = "28P01";

    public enum Steps implements Step {
        CHECK("Checking version, port and disk"),
        COPY("Copying the template"),
        START("Starting PostgreSQL"),
        SET_UP("Creating users and databases"),
        CLEAN_UP("Removing what was made");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    ProvisionCluster(LocalClusters clusters) {
        super("provision-cluster", Steps.class, Steps.CLEAN_UP, clusters);
    }

    @Override
    protected Next step(Steps step, Task<ClusterWish, ClusterFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case COPY -> copy(task);
            case START -> start(task);
            case SET_UP -> setUp(task);
            case CLEAN_UP -> cleanUp(task);
        };
    }

    private Next check(Task<ClusterWish, ClusterFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        if (!clusters.engines().offers(wish.version())) {
            throw new OperationFailed("no PostgreSQL " + wish.version() + " server on this machine; it has "
                    + String.join(", ", clusters.engines().majors()) + ". Nothing was created.");
        }
        checkPort(wish);
        long free = Files.getFileStore(clusters.folder(wish.id()).root().getParent())
                .getUsableSpace();
        if (free < SMALLEST_DISK) {
            throw new OperationFailed("only " + (free >> 20) + " MiB are free for clusters, a new one needs "
                    + (SMALLEST_DISK >> 20) + " MiB. Nothing was created; free some space and create it again.");
        }
        Engine engine = clusters.engines().engine(wish.version());
        clusters.template().prepare(engine);
        task.keep(task.facts().withSemanticVersion(engine.version()));
        return Next.go(Steps.COPY);
    }

    private void checkPort(ClusterWish wish) {
        if (!clusters.portFree(wish.port())) {
            throw new OperationFailed("port " + wish.port() + " is taken by another program. Nothing was created;"
                    + " delete this cluster and create it again to get another port.");
        }
    }

    private Next copy(Task<ClusterWish, ClusterFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        ClusterFolder folder = clusters.folder(wish.id());
        if (Files.notExists(folder.data())) {
            Engine engine = clusters.engines().engine(wish.version());
            DataTemplate.Ready template = clusters.template().prepare(engine);
            makeFolders(folder);
            MooringHome.deleteTree(folder.partialData());
            copyTree(template.data(), folder.partialData());
            SystemIdentifier.renew(folder.partialData());
            Files.move(folder.partialData(), folder.data(), StandardCopyOption.ATOMIC_MOVE);
        }
        return Next.go(Steps.START);
    }

    private void makeFolders(ClusterFolder folder) throws IOException {
        for (Path path : new Path[] {folder.root(), folder.log()}) {
            Files.createDirectories(path);
            clusters.account().own(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** By the account that the server runs under, so that every file belongs to it. */
    private void copyTree(Path from, Path to) throws IOException, InterruptedException {
        var copied = clusters.account().run(null, "cp", "-a", from.toString(), to.toString());
        if (copied.exit() != 0) {
            throw new OperationFailed("copying the template failed: " + copied.output()
                    + ". What was copied is removed; create the cluster again when the cause is gone.");
        }
    }

    private Next start(Task<ClusterWish, ClusterFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        ClusterFolder folder = clusters.folder(wish.id());
        Engine engine = clusters.engines().engine(wish.version(), task.facts().semanticVersion());
        Postmaster postmaster = clusters.postmaster(folder, engine);
        if (!postmaster.alive()) {
            checkPort(wish);
            postmaster.fence();
            new Configuration(clusters, folder).writeFirst(wish);
            postmaster.start();
        }
        return Next.go(Steps.SET_UP);
    }

    private Next setUp(Task<ClusterWish, ClusterFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        ClusterFolder folder = clusters.folder(wish.id());
        Engine engine = clusters.engines().engine(wish.version(), task.facts().semanticVersion());
        Postmaster postmaster = clusters.postmaster(folder, engine);
        try (Connection connection = firstConnection(wish, engine, postmaster)) {
            Inhabitants inhabitants =
                    new Inhabitants(connection, database -> clusters.open(wish, database), clusters.vault());
            inhabitants.setSuperuserPassword(clusters.vault().unseal(wish.superuserSecret()));
            inhabitants.settle(wish, 0);
        }
        folder.write(new ClusterFolder.Manifest(
                engine.major(),
                engine.version(),
                clusters.bind(),
                wish.port(),
                wish.superuserSecret(),
                wish.hostNames(),
                wish.revision()));
        clusters.supervisor().watch(wish.id(), postmaster);
        return Next.done(Map.of("version", engine.version(), "port", wish.port()));
    }

    /** With the template's password, or with the cluster's own when an earlier try has already set it. */
    private Connection firstConnection(ClusterWish wish, Engine engine, Postmaster postmaster)
            throws IOException, InterruptedException, SQLException {
        String own = clusters.vault().unseal(wish.superuserSecret());
        String first = clusters.template().prepare(engine).superuserPassword();
        for (String password : new String[] {first, own}) {
            try {
                Connection connection = SuperuserConnection.await(
                        clusters.reach(), wish.port(), "postgres", password, START_LIMIT, postmaster::alive);
                if (connection == null) {
                    throw new OperationFailed("PostgreSQL did not start: " + postmaster.startFailure()
                            + ". What was made is removed; create the cluster again when the cause is gone.");
                }
                return connection;
            } catch (SQLException e) {
                if (!WRONG_PASSWORD.equals(e.getSQLState()) || password.equals(own)) {
                    throw e;
                }
            }
        }
        throw new IllegalStateException("unreachable");
    }

    private Next cleanUp(Task<ClusterWish, ClusterFacts> task) throws Exception {
        RemoveCluster.remove(clusters, task.wish().id());
        return Next.done(null);
    }
}
