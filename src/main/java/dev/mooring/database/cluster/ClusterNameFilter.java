package dev.mooring.database.cluster;

import dev.mooring.access.Caller;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestFilter;

/**
 * Puts the id in the place of a cluster's name, before anything else reads the path: {@code /v2/databases/orders} is the
 * caller's cluster of that name. A team has each name once; databases of apps, whose names are those of components, are called by
 * their ids alone. What looks like an id is one. It answers nothing itself: whether the caller may do what the path says, and
 * that nothing has the name, is said by whoever would have said it of an id.
 */
@Provider
@PreMatching
@ApplicationScoped
class ClusterNameFilter implements ResteasyReactiveContainerRequestFilter {

    private static final Pattern PATH = Pattern.compile("(/(?:v2|mooring/v1)/databases/)([\\w-]{1,255})(/.*)?");
    /** What the API itself has in that place. */
    private static final Set<String> WORDS = Set.of("options", "metrics", "deleted", "recovery-windows");

    private final ClusterQueries reads;
    private final Caller caller;

    ClusterNameFilter(ClusterQueries reads, Caller caller) {
        this.reads = reads;
        this.caller = caller;
    }

    @Override
    public void filter(ResteasyReactiveContainerRequestContext request) {
        URI asked = request.getUriInfo().getRequestUri();
        Matcher path = PATH.matcher(asked.getRawPath());
        if (!path.matches()) {
            return;
        }
        String name = path.group(2);
        if (WORDS.contains(name) || ClusterId.isId(name) || caller.team() == null) {
            return;
        }
        request.suspend();
        reads.named(name)
                .subscribe()
                .with(
                        id -> {
                            if (id != null) {
                                request.setRequestUri(withId(asked, path, id));
                            }
                            request.resume();
                        },
                        request::resume);
    }

    private static URI withId(URI asked, Matcher path, UUID id) {
        String rest = path.group(3) == null ? "" : path.group(3);
        String query = asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery();
        return URI.create(asked.getScheme() + "://" + asked.getRawAuthority() + path.group(1) + id + rest + query);
    }
}
