package dev.mooring.dboscloud.instance;

import dev.mooring.access.Caller;
import dev.mooring.database.cluster.DbosRoles;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.hibernate.exception.ConstraintViolationException;
import org.jspecify.annotations.Nullable;

/** Servers of other people. Linking one proves that it can be reached and that its user may do what deployments need. */
@ApplicationScoped
public class LinkedInstances {

    private static final int CONFLICT = 409;
    private static final int LAST_PORT = 65535;
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9.])?");
    private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,62}");
    private static final String RIGHTS =
            "select rolcreatedb or rolsuper from pg_catalog.pg_roles where rolname = current_user";

    private final Instances instances;
    private final LinkedServers servers;
    private final Vault vault;
    private final Caller caller;

    LinkedInstances(Instances instances, LinkedServers servers, Vault vault, Caller caller) {
        this.instances = instances;
        this.servers = servers;
        this.vault = vault;
        this.caller = caller;
    }

    /**
     * @param user null for the one of DBOS Cloud's guide
     */
    public record Wanted(
            String name,
            String host,
            Integer port,
            @Nullable String user,
            String password,
            @Nullable String supabaseReference) {
        String userName() {
            return user == null || user.isBlank() ? DbosRoles.ADMIN_NAME : user;
        }
    }

    /** Fails with 409 when the name is taken, and with 422 for what is wrong or why the server cannot be used. */
    public Uni<Void> link(Wanted wanted) {
        check(wanted);
        Context request = Vertx.currentContext();
        return prove(wanted)
                .emitOn(command -> request.runOnContext(nothing -> command.run()))
                .chain(() -> Panache.withTransaction(() -> {
                    LinkedInstance linked = new LinkedInstance();
                    linked.id = UUID.randomUUID();
                    linked.team = caller.team();
                    linked.name = wanted.name();
                    linked.host = wanted.host();
                    linked.port = wanted.port();
                    linked.userName = wanted.userName();
                    linked.secret = vault.seal(wanted.password());
                    linked.supabaseReference = wanted.supabaseReference();
                    return linked.persistAndFlush();
                }))
                .onFailure(ConstraintViolationException.class)
                .transform(taken -> new ApiException(CONFLICT, "database " + wanted.name() + " already exists"))
                .replaceWithVoid();
    }

    private static void check(Wanted wanted) {
        Problems problems = new Problems();
        InstanceRules.name(problems, "Name", wanted.name());
        problems.check(
                wanted.host() != null && HOST.matcher(wanted.host()).matches(),
                "HostName",
                "must be the name or the address of the server");
        problems.check(
                wanted.port() != null && wanted.port() > 0 && wanted.port() <= LAST_PORT, "Port", "must be 1 to 65535");
        problems.check(USER.matcher(wanted.userName()).matches(), "dbosAdminName", "must be the name of a role");
        InstanceRules.password(problems, "Password", wanted.password());
        problems.throwIfAny();
    }

    private Uni<Void> prove(Wanted wanted) {
        String where = wanted.host() + ":" + wanted.port();
        return servers.first(
                        new LinkedServers.Access(wanted.host(), wanted.port(), wanted.userName(), wanted.password()),
                        RIGHTS,
                        row -> row.getBoolean(0))
                .invoke(may -> {
                    if (!may) {
                        throw ApiException.unprocessable("the role " + wanted.userName() + " at " + where
                                + " may not create databases: ALTER ROLE \"" + wanted.userName() + "\" CREATEDB");
                    }
                })
                .replaceWithVoid();
    }

    /**
     * The server and its data stay as they are.
     *
     * @param guard refuses with an exception; asked in the transaction that deletes, while the row is held
     */
    public Uni<Void> unlink(String name, Function<Instance, Uni<Void>> guard) {
        return instances.find(name).chain(instance -> {
            if (!instance.linked()) {
                throw ApiException.badRequest("database " + name + " is not linked; destroy it instead");
            }
            return Panache.withTransaction(() -> LinkedInstance.<LinkedInstance>findById(
                            instance.id(), LockModeType.PESSIMISTIC_WRITE)
                    .onItem()
                    .ifNull()
                    .failWith(() -> Instances.notFound(name))
                    .chain(linked -> guard.apply(instance).chain(() -> linked.delete())));
        });
    }
}
