package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.cluster.Stages;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.home.DurableFiles;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;

/** The folders of two servers change places: their names say how far that came, whoever was killed in the middle. */
public final class FolderExchange {

    private static final Logger LOG = Logger.getLogger(FolderExchange.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    private final LocalClusters clusters;
    private final Archiver archiver;
    private final ClusterArchive archive;
    private final ClusterSpec wish;
    private final ClusterFolder main;
    private final Stages stages;

    /** @param wish of the new server */
    FolderExchange(LocalClusters clusters, Archiver archiver, ClusterArchive archive, ClusterSpec wish, Stages stages) {
        this.clusters = clusters;
        this.archiver = archiver;
        this.archive = archive;
        this.wish = wish;
        this.main = clusters.folder(wish.id());
        this.stages = stages;
    }

    /** Whether the old server's files have left their place. */
    public static boolean begun(ClusterFolder leaving) {
        return Files.exists(leaving.data());
    }

    /**
     * Whether the new server has been opened to everybody. From then on there is no putting back: it may hold writes that the
     * old one lacks.
     */
    public static boolean opened(ClusterFolder leaving) {
        return Files.exists(mark(leaving));
    }

    private static Path mark(ClusterFolder leaving) {
        return leaving.root().resolve("opened");
    }

    void stopBoth(CutOver.Roles roles) throws IOException, InterruptedException {
        clusters.supervisor().forget(main.key());
        archiver.hurry(main.key());
        archiver.hurry(roles.coming().folder().key());
        Thread coming = Thread.ofVirtual().start(() -> stop(roles.coming()));
        stop(roles.serving());
        coming.join();
        if (roles.serving().postmaster().alive() || roles.coming().postmaster().alive()) {
            throw new IOException("a server did not stop within " + STOP_LIMIT.toSeconds() + " s");
        }
        archiver.end(main.key());
        archiver.end(roles.coming().folder().key());
    }

    private static void stop(PostgresServer side) {
        try {
            side.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
        } catch (IOException e) {
            LOG.warnf("%s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The new server in the place of the one that serves. */
    private PostgresServer placed(CutOver.Roles roles) {
        return new PostgresServer(
                clusters,
                main,
                roles.coming().engine(),
                wish.port(),
                roles.coming().password());
    }

    /** Both servers are down, and nothing can be written until the new one is up. */
    Instant place(CutOver.Roles roles) throws IOException, InterruptedException, SQLException {
        ClusterFolder arriving = roles.coming().folder();
        PostgresServer placed = placed(roles);
        clusters.makeFolders(roles.leaving());
        if (!begun(roles.leaving())) {
            move(main, roles.leaving());
        }
        if (Files.notExists(main.data())) {
            // Counts begin with the first session that is let in: they tell later what has been written since.
            try (var counts = Files.list(arriving.data().resolve("pg_stat"))) {
                for (Path file : counts.toList()) {
                    Files.delete(file);
                }
            }
            move(arriving, main);
        }
        if (placed.postmaster().alive()) {
            // A supervisor of another life has started it, and it may have been written to.
            clusters.writeFile(mark(roles.leaving()), Instant.now().toString());
        }
        placed.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
        placed.postmaster().fence();
        clusters.writeData(main, "postgresql.conf", ServerParameters.render(wish, clusters.bind(), main));
        clusters.writeData(main, "pg_hba.conf", AccessRules.render(wish));
        ClusterFolder.Manifest old = main.manifest().orElseThrow();
        main.write(old.with(now -> now.major(roles.coming().engine().major())
                .version(roles.coming().engine().version())
                .applied(wish.revision())));
        if (archive.services().isEmpty()) {
            archive.write(new ClusterArchive.Service(Instant.EPOCH, roles.servingTimeline()));
        }
        Instant since = Instant.now().truncatedTo(ChronoUnit.MICROS);
        archive.write(new ClusterArchive.Service(since, roles.comingTimeline()));
        stages.ended("moved");
        placed.ensureReady();
        stages.ended("started");
        clusters.writeFile(mark(roles.leaving()), since.toString());
        clusters.supervisor().watch(main.key(), placed.postmaster());
        archiver.begin(main);
        return since;
    }

    /** Undoes what {@link #place} did. */
    void putBack(CutOver.Roles roles, ClusterSpec before) throws IOException, InterruptedException, SQLException {
        if (opened(roles.leaving())) {
            throw new IllegalStateException("the new server of " + main.id() + " may hold writes already");
        }
        if (begun(roles.leaving())) {
            clusters.supervisor().forget(main.key());
            archiver.end(main.key());
            PostgresServer placed = placed(roles);
            placed.postmaster().stop(Postmaster.Stop.IMMEDIATE, STOP_LIMIT);
            placed.postmaster().fence();
            if (Files.exists(main.data())) {
                move(main, roles.coming().folder());
            }
            move(roles.leaving(), main);
            clusters.writeData(main, "postgresql.conf", ServerParameters.render(before, clusters.bind(), main));
            clusters.writeData(main, "pg_hba.conf", AccessRules.render(before));
            main.write(main.manifest()
                    .orElseThrow()
                    .with(now -> now.major(roles.serving().engine().major())
                            .version(roles.serving().engine().version())));
            archive.write(
                    new ClusterArchive.Service(Instant.now().truncatedTo(ChronoUnit.MICROS), roles.servingTimeline()));
        }
    }

    private static void move(ClusterFolder from, ClusterFolder to) throws IOException {
        DurableFiles.move(from.data(), to.data());
    }
}
