package dev.mooring.app.release;

import dev.mooring.database.binding.AppDatabases;
import dev.mooring.operation.Next;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Changes of clusters that an app's program asks for. Each is an operation that needs a slot itself: it is noted, and looked at
 * again when the program has given its own slot back. Done is what has ended well and nothing else.
 */
@ApplicationScoped
class AskedChanges {

    private static final int BUSY_MILLIS = 300;

    private final AppDatabases databases;
    private final DeploymentContext releases;

    AskedChanges(AppDatabases databases, DeploymentContext releases) {
        this.databases = databases;
        this.releases = releases;
    }

    /** Where a program keeps the operations that it waits for, by cluster. */
    record Notes(Supplier<Map<UUID, UUID>> read, Consumer<Map<UUID, UUID>> keep) {

        private void add(UUID cluster, UUID operation) {
            Map<UUID, UUID> noted = new HashMap<>(read.get());
            noted.put(cluster, operation);
            keep.accept(noted);
        }

        private void remove(UUID cluster) {
            Map<UUID, UUID> noted = new HashMap<>(read.get());
            noted.remove(cluster);
            keep.accept(noted);
        }
    }

    /**
     * Queues a change.
     *
     * @param ask gives its operation, or null when nothing has to become real
     * @throws dev.mooring.web.ApiException with 412 while the cluster is busy
     */
    void ask(Notes notes, UUID cluster, @Nullable Supplier<Uni<UUID>> ask) throws Exception {
        UUID operation = releases.await(ask);
        if (operation != null) {
            notes.add(cluster, operation);
        }
    }

    /**
     * What is waited for; null when all that is noted is in force.
     *
     * @throws dev.mooring.web.ApiException when one has failed, which is not noted any more then
     */
    @Nullable
    Next pending(Notes notes) throws Exception {
        for (Map.Entry<UUID, UUID> noted : notes.read().get().entrySet()) {
            boolean inForce;
            try {
                inForce = releases.await(() -> databases.inForce(noted.getValue()));
            } catch (Exception e) {
                notes.remove(noted.getKey());
                throw e;
            }
            if (!inForce) {
                return Next.waitFor(noted.getValue(), "a change of cluster " + noted.getKey() + " is made");
            }
            notes.remove(noted.getKey());
        }
        return null;
    }

    /** The same for what somebody has asked for who was killed before it was noted. */
    @Nullable
    Next pending(UUID cluster) throws Exception {
        UUID change = releases.await(() -> databases.changing(cluster));
        return change == null ? null : Next.waitFor(change, "a change of cluster " + cluster + " is made");
    }

    /**
     * Until a cluster that is not online yet is: by the operation that works on it.
     *
     * @param glance when to look again where none does
     */
    Next untilOnline(UUID cluster, Duration glance, String why) throws Exception {
        UUID change = releases.await(() -> databases.change(cluster));
        return change == null ? Next.waitFor(glance, why) : Next.waitFor(change, why);
    }

    /** Until a cluster is asked again that something else is done with; not for all who wait at the same time. */
    static Next busy(String why) {
        return Next.waitFor(
                Duration.ofMillis(BUSY_MILLIS + ThreadLocalRandom.current().nextInt(BUSY_MILLIS)), why);
    }
}
