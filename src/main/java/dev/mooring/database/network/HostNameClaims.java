package dev.mooring.database.network;

import dev.mooring.dataplane.DataPlanes;
import dev.mooring.operation.MetadataReady;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArraySet;

/** Sees to it that a name belongs to one cluster, whatever its team, and that none is Mooring's own. */
@ApplicationScoped
public class HostNameClaims {

    /** One claim at a time: the lock lasts until the caller's transaction ends. */
    private static final String LOCK = "select cast(pg_advisory_xact_lock(hashtext('mooring host names')) as text)";

    private static final String MOORINGS_OWN = "select distinct host from worker_node";
    private static final String OTHERS = "select lower(given.host) from cluster c,"
            + " jsonb_array_elements_text(cast(c.service_cnames as jsonb)) as given(host)"
            + " where c.deleted_at is null and c.id <> :cluster and lower(given.host) = any (string_to_array(:names, ' '))";

    private final Set<String> here = new CopyOnWriteArraySet<>();

    /** Once: a machine's name may have to be asked for elsewhere. */
    void start(@Observes @Priority(950) MetadataReady event, DataPlanes planes) {
        planes.hosts().forEach(host -> here.add(host.toLowerCase(Locale.ROOT)));
        try {
            here.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
        } catch (UnknownHostException e) {
            // A machine without a name of its own.
        }
    }

    /**
     * In the caller's transaction, before the names are written.
     *
     * @param names that {@link HostNames} has nothing against
     * @return fails with 422 naming those that are somebody else's
     */
    public Uni<Void> claim(UUID cluster, List<String> names) {
        return taken(cluster, names).invoke(Taken::check).replaceWithVoid();
    }

    /**
     * In the caller's transaction, before the names are written: those of them that may be had.
     *
     * @param names that {@link HostNames} has nothing against
     */
    public Uni<List<String>> free(UUID cluster, List<String> names) {
        return taken(cluster, names)
                .map(taken -> names.stream().filter(taken::free).toList());
    }

    private Uni<Taken> taken(UUID cluster, List<String> names) {
        if (names.isEmpty()) {
            return Uni.createFrom().item(new Taken(names, Set.of(), Set.of()));
        }
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(LOCK)
                        .getSingleResultOrNull()
                        .chain(locked -> session.createNativeQuery(MOORINGS_OWN, String.class)
                                .getResultList())
                        .chain(hosts -> session.createNativeQuery(OTHERS, String.class)
                                .setParameter("cluster", cluster)
                                // Checked: no name has a space in it.
                                .setParameter("names", String.join(" ", names))
                                .getResultList()
                                .map(others -> new Taken(names, own(hosts), Set.copyOf(others)))));
    }

    private Set<String> own(List<String> nodes) {
        Set<String> own = new HashSet<>(here);
        nodes.forEach(host -> own.add(host.toLowerCase(Locale.ROOT)));
        return own;
    }

    private record Taken(List<String> names, Set<String> own, Set<String> others) {

        boolean free(String name) {
            return !own.contains(name) && !others.contains(name);
        }

        void check() {
            Problems problems = new Problems();
            for (String name : names) {
                problems.check(!own.contains(name), "do_settings.service_cnames", name + " is a name of Mooring's own");
                problems.check(
                        own.contains(name) || !others.contains(name),
                        "do_settings.service_cnames",
                        name + " is in use by another cluster");
            }
            problems.throwIfAny();
        }
    }
}
