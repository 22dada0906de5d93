package dev.mooring.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is true of a database engine wherever its clusters run. Whatever is on the class path is found: nobody lists them. */
public interface Engine {

    /** As clients write it, such as {@code pg}. */
    String slug();

    /** As people write it, such as PostgreSQL. */
    String name();

    /** Orders versions, the oldest first. */
    Comparator<String> versions();

    /** Given to those who name no version, where it is offered. */
    String defaultVersion();

    /** RFC 3339: when nobody cares for the version any more. */
    @Nullable
    String endOfLife(String version);

    /** What can be ordered, smallest first. */
    List<Plan> plans();

    /** The user that administers a cluster from the beginning. */
    String firstUser();

    /** How many nodes may be asked for. */
    default List<Integer> nodeCounts() {
        return List.of(1);
    }

    /** The database that a cluster has from the beginning; null for an engine that has none. */
    @Nullable
    String firstDatabase();

    /** Where a client connects to. */
    Connection connection(Login login);

    /**
     * What servers are told of an owner's configuration.
     *
     * @param config in the API's terms
     * @return server parameters, with their units
     */
    Map<String, String> parameters(ObjectNode config, Plan plan);

    /**
     * What connection pools are told of an owner's configuration; nothing where the engine has none.
     *
     * @param config in the API's terms
     * @return settings of the pools' program
     */
    default Map<String, String> poolSettings(ObjectNode config) {
        return Map.of();
    }

    /** Empty when it cannot be ordered. */
    default Optional<Plan> plan(@Nullable String slug) {
        return plans().stream().filter(plan -> plan.slug().equals(slug)).findFirst();
    }

    /** Of a stored cluster, which may be a dev database. */
    default Plan stored(String slug) {
        return slug.equals(Plan.DEV.slug()) ? Plan.DEV : plan(slug).orElseThrow();
    }

    /**
     * @param offered versions, in any order
     * @return the default if it is offered, else the newest that is
     */
    default String defaultOf(List<String> offered) {
        return offered.contains(defaultVersion())
                ? defaultVersion()
                : offered.stream().max(versions()).orElse(defaultVersion());
    }

    /**
     * @param password null where it is not shown
     */
    record Login(
            String host,
            int port,
            String user,
            @Nullable String password,
            @Nullable String database) {}

    /**
     * @param protocol the URI's scheme
     */
    record Connection(String protocol, String uri) {}
}
