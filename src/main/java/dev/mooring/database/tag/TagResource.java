package dev.mooring.database.tag;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.web.ApiException;
import dev.mooring.web.Page;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Tags, as far as databases carry them. */
@Path("/v2/tags")
@Produces(MediaType.APPLICATION_JSON)
@org.eclipse.microprofile.openapi.annotations.tags.Tag(name = "Tags")
public class TagResource {

    private static final int MOST_RESOURCES = 1000;

    private static final String COUNTED =
            "select t.name, (select count(*)::int from tag_resource r where r.team = t.team"
                    + " and r.tag = t.name and r.resource_type = 'database') as databases from tag t where t.team = $1";

    private final Tags tags;
    private final ClusterChanges changes;
    private final Pool pool;
    private final Caller caller;

    TagResource(Tags tags, ClusterChanges changes, Pool pool, Caller caller) {
        this.tags = tags;
        this.changes = changes;
        this.pool = pool;
        this.caller = caller;
    }

    private static final List<String> NEVER_HERE = List.of("droplets", "images", "volumes", "volume_snapshots");

    @Schema(name = "NewTag")
    public record NewTag(
            @Schema(required = true, examples = "production")
            String name) {}

    @Schema(name = "Tag")
    public record TagView(String name, Map<String, Object> resources) {
        /** Clients read the count of every kind of resource without asking whether it is there. */
        static TagView of(String name, int databases) {
            Map<String, Object> resources = new TreeMap<>(Map.of("count", databases, "databases", count(databases)));
            NEVER_HERE.forEach(kind -> resources.put(kind, count(0)));
            return new TagView(name, resources);
        }

        private static Map<String, Integer> count(int resources) {
            return Map.of("count", resources);
        }
    }

    public record TagEnvelope(TagView tag) {}

    public record TagList(List<TagView> tags, Page.Links links, Page.Meta meta) {}

    @Schema(name = "TaggedResource")
    public record ResourceInput(
            @Schema(required = true) String resourceId,

            @Schema(required = true, enumeration = "database")
            String resourceType) {}

    public record Resources(List<ResourceInput> resources) {}

    @GET
    @RolesAllowed(Scopes.TAG_READ)
    @Operation(summary = "List tags")
    public Uni<TagList> list(@Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return pool.preparedQuery(COUNTED + " order by t.name")
                .execute(Tuple.of(caller.team()))
                .map(rows -> Page.cut(
                        StreamSupport.stream(rows.spliterator(), false)
                                .map(row -> TagView.of(row.getString(0), row.getInteger(1)))
                                .toList(),
                        request,
                        uri))
                .map(page -> new TagList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.TAG_CREATE)
    @Operation(summary = "Make a tag", description = "One that is there already is answered as it is.")
    public Uni<TagEnvelope> create(@Nullable NewTag wanted) {
        Problems problems = new Problems();
        String given = wanted == null ? null : wanted.name();
        Tags.check(problems, "name", given);
        String name = problems.whole(given);
        return Panache.withTransaction(() -> tags.make(caller.team(), name)).chain(() -> find(name));
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.TAG_READ)
    @Operation(summary = "One tag")
    public Uni<TagEnvelope> get(String name) {
        return find(name);
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.TAG_DELETE)
    @Operation(summary = "Delete a tag", description = "Also takes it off everything that carries it.")
    public Uni<Void> delete(String name) {
        return pool.preparedQuery("delete from tag where team = $1 and name = $2")
                .execute(Tuple.of(caller.team(), name))
                .invoke(rows -> {
                    if (rows.rowCount() == 0) {
                        throw notFound();
                    }
                })
                .replaceWithVoid();
    }

    @POST
    @Path("{name}/resources")
    @ResponseStatus(204)
    @RolesAllowed(Scopes.TAG_CREATE)
    @Operation(summary = "Tag resources")
    public Uni<Void> tag(String name, Resources wanted) {
        check(wanted);
        return Panache.withTransaction(() -> each(
                wanted,
                resource -> changes.lock(resource.resourceId())
                        .chain(cluster -> tags.put(caller.team(), name, Tags.DATABASE, cluster.id.toString())),
                name));
    }

    @DELETE
    @Path("{name}/resources")
    @RolesAllowed(Scopes.TAG_DELETE)
    @Operation(summary = "Untag resources")
    public Uni<Void> untag(String name, Resources wanted) {
        check(wanted);
        return Panache.withTransaction(() -> each(
                wanted,
                resource -> changes.lock(resource.resourceId())
                        .chain(cluster -> tags.take(caller.team(), name, Tags.DATABASE, cluster.id.toString()))
                        .replaceWithVoid(),
                name));
    }

    private Uni<Void> each(Resources wanted, java.util.function.Function<ResourceInput, Uni<Void>> work, String tag) {
        Uni<Void> chain = tags.hold(caller.team(), tag)
                .invoke(held -> {
                    if (!held) {
                        throw notFound();
                    }
                })
                .replaceWithVoid();
        for (ResourceInput resource : wanted.resources()) {
            chain = chain.chain(() -> work.apply(resource));
        }
        return chain;
    }

    private static void check(@Nullable Resources wanted) {
        Problems problems = new Problems();
        List<ResourceInput> resources = wanted == null ? null : wanted.resources();
        if (resources == null) {
            problems.add("resources: is required");
        } else if (problems.check(
                resources.size() <= MOST_RESOURCES, "resources", "must be at most " + MOST_RESOURCES + " at a time")) {
            for (int i = 0; i < resources.size(); i++) {
                ResourceInput resource = resources.get(i);
                problems.check(
                        resource != null && Tags.DATABASE.equals(resource.resourceType()),
                        "resources[" + i + "].resource_type",
                        "must be database");
                problems.check(
                        resource != null && isUuid(resource.resourceId()),
                        "resources[" + i + "].resource_id",
                        "must be the id of a database cluster");
            }
        }
        problems.throwIfAny();
    }

    private static boolean isUuid(@Nullable String text) {
        try {
            return text != null && UUID.fromString(text) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private Uni<TagEnvelope> find(String name) {
        return pool.preparedQuery(COUNTED + " and t.name = $2")
                .execute(Tuple.of(caller.team(), name))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw notFound();
                    }
                    var row = rows.iterator().next();
                    return new TagEnvelope(TagView.of(row.getString(0), row.getInteger(1)));
                });
    }

    private static ApiException notFound() {
        return ApiException.notFound("tag not found");
    }
}
