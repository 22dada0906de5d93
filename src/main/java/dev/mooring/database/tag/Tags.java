package dev.mooring.database.tag;

import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Labels of resources. */
@ApplicationScoped
public class Tags {

    static final String DATABASE = "database";

    private static final int MOST_NAMES = 250;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_:-]{1,255}");

    public static void check(Problems problems, @Nullable List<String> names) {
        if (names != null
                && problems.check(names.size() <= MOST_NAMES, "tags", "must be at most " + MOST_NAMES + " tags")) {
            names.forEach(name -> check(problems, "tags", name));
        }
    }

    public static void check(Problems problems, String field, @Nullable String name) {
        problems.check(
                name != null && NAME.matcher(name).matches(),
                field,
                "must have 1 to 255 letters, digits, colons, dashes and underscores");
    }

    /** Makes tags that are not there yet, and holds them. In the caller's transaction. */
    public Uni<Void> tag(UUID team, UUID cluster, @Nullable List<String> names) {
        Uni<Void> chain = Uni.createFrom().voidItem();
        for (String name : names == null ? List.<String>of() : new LinkedHashSet<>(names)) {
            chain = chain.chain(() -> make(team, name)).chain(() -> put(team, name, DATABASE, cluster.toString()));
        }
        return chain;
    }

    Uni<Void> make(UUID team, String name) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "insert into tag (team, name) values (:team, :name) on conflict do nothing")
                        .setParameter("team", team)
                        .setParameter("name", name)
                        .executeUpdate())
                .chain(() -> hold(team, name))
                // It was there, and is being deleted.
                .chain(held -> held ? Uni.createFrom().voidItem() : make(team, name));
    }

    /** In the caller's transaction, until whose end the tag stays. False when there is none, or not any more. */
    Uni<Boolean> hold(UUID team, String name) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select name from tag where team = :team and name = :name for key share", String.class)
                        .setParameter("team", team)
                        .setParameter("name", name)
                        .getSingleResultOrNull())
                .map(held -> held != null);
    }

    Uni<Void> put(UUID team, String name, String type, String resource) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "insert into tag_resource (team, tag, resource_type, resource_id, created_at)"
                                        + " values (:team, :name, :type, :resource, clock_timestamp()) on conflict do nothing")
                        .setParameter("team", team)
                        .setParameter("name", name)
                        .setParameter("type", type)
                        .setParameter("resource", resource)
                        .executeUpdate())
                .replaceWithVoid();
    }

    Uni<Integer> take(UUID team, String name, String type, String resource) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "delete from tag_resource where team = :team and tag = :name"
                                        + " and resource_type = :type and resource_id = :resource")
                        .setParameter("team", team)
                        .setParameter("name", name)
                        .setParameter("type", type)
                        .setParameter("resource", resource)
                        .executeUpdate());
    }

    /** Takes every tag off a cluster that goes. */
    public Uni<Void> forget(UUID cluster) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "delete from tag_resource where resource_type = 'database' and resource_id = :cluster")
                        .setParameter("cluster", cluster.toString())
                        .executeUpdate())
                .replaceWithVoid();
    }
}
