package dev.mooring.database.cluster;

import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.web.ApiException;
import java.util.Map;
import java.util.Set;

/** What is particular to the cluster of a dev database: one user and the one database that it owns, both named like the component. */
public final class DevDatabase {

    private static final Set<String> TAKEN = Set.of(
            "postgres",
            "template0",
            "template1",
            "all",
            "sameuser",
            "samerole",
            "replication",
            "public",
            "none",
            PostgresEngine.ADMIN,
            PostgresEngine.FIRST_DATABASE);

    private DevDatabase() {}

    /** The name of the user and of the database. */
    public static String nameOf(String component) {
        return TAKEN.contains(component) ? component + "-app" : component;
    }

    public static Map<String, String> owners(Cluster cluster) {
        return cluster.component == null ? Map.of() : Map.of(nameOf(cluster.component), nameOf(cluster.component));
    }

    /** The app works with them: 422. */
    public static void keep(Cluster cluster, String what, String name) {
        if (cluster.component != null && name.equals(nameOf(cluster.component))) {
            throw ApiException.unprocessable(
                    what + " " + name + " cannot be deleted: the app " + cluster.app + " works with it");
        }
    }
}
