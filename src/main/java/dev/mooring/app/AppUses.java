package dev.mooring.app;

import dev.mooring.access.Caller;
import dev.mooring.app.record.App;
import dev.mooring.app.record.Deployment;
import dev.mooring.app.release.RemoveWish;
import dev.mooring.dboscloud.application.DbosSpec;
import dev.mooring.dboscloud.application.UploadedApp;
import dev.mooring.dboscloud.instance.Instance;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Which apps use which database instances. */
@ApplicationScoped
public class AppUses {

    private static final int CONFLICT = 409;

    /**
     * What counts is what runs, what is being deployed, and the wish of an app that has never run: an attempt to move an app
     * that failed leaves it where it was.
     */
    private static final String SPECS = "(select coalesce(active.spec, a.spec) as spec, a.id, a.name from app a"
            + " left join deployment active on active.id = a.active_deployment"
            + " where a.team = :team and a.deleted_at is null"
            + " union all select d.spec, a.id, a.name from app a join deployment d on d.app = a.id and d.outcome is null"
            + " where a.team = :team and a.deleted_at is null)";

    private static final String USERS = "select distinct u.name from " + SPECS + " u,"
            + " jsonb_array_elements(coalesce(cast(u.spec as jsonb) -> 'databases', '[]')) db"
            + " where db ->> 'production' = 'true' and db ->> 'cluster_name' = :instance order by 1";

    private static final String SAME_DATABASE = "select distinct u.name from " + SPECS + " u,"
            + " jsonb_array_elements(coalesce(cast(u.spec as jsonb) -> 'databases', '[]')) db where u.id <> :app"
            + " and db ->> 'production' = 'true' and db ->> 'cluster_name' = :instance and db ->> 'db_name' = :database";

    private static final String DATABASES =
            "select u.app_database, u.system_database from deployment d join app_upload u"
                    + " on u.app = d.app and u.version = cast(d.spec as jsonb) #>> '{services,0,archive,version}'"
                    + " where d.id = :deployment";

    private final Caller caller;

    AppUses(Caller caller) {
        this.caller = caller;
    }

    /** In the caller's transaction: fails with 409 that names the apps which use the instance. */
    public Uni<Void> refuseWhileUsed(Instance instance) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(USERS, String.class)
                        .setParameter("team", caller.team())
                        .setParameter("instance", instance.name())
                        .getResultList())
                .invoke(names -> {
                    if (!names.isEmpty()) {
                        throw new ApiException(
                                CONFLICT,
                                "database " + instance.name() + " is used by " + String.join(", ", names)
                                        + ": move each of them with app change-database-instance, or delete it, first");
                    }
                })
                .replaceWithVoid();
    }

    /** In the caller's transaction: fails with 409 when another app has that database of the instance. */
    public static Uni<Void> refuseSharing(App app, Instance instance, String database) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(SAME_DATABASE, String.class)
                        .setParameter("team", app.team)
                        .setParameter("app", app.id)
                        .setParameter("instance", instance.name())
                        .setParameter("database", database)
                        .getResultList())
                .invoke(names -> {
                    if (!names.isEmpty()) {
                        throw new ApiException(
                                CONFLICT,
                                "app_db_name: the database " + database + " of " + instance.name() + " is that of "
                                        + String.join(", ", names) + ": each application needs one of its own");
                    }
                })
                .replaceWithVoid();
    }

    /** What the active deployment of an app has in its instance; null for an app that has never run. */
    static Uni<RemoveWish.Drop> databases(App app) {
        if (app.activeDeployment == null) {
            return Uni.createFrom().nullItem();
        }
        return Deployment.<Deployment>findById(app.activeDeployment)
                .chain(active -> Panache.getSession()
                        .chain(session -> session.createNativeQuery(DATABASES, Object[].class)
                                .setParameter("deployment", app.activeDeployment)
                                .getSingleResultOrNull())
                        .map(row -> row == null
                                ? null
                                : new RemoveWish.Drop(
                                        DbosSpec.instance(UploadedApp.json(active.spec)),
                                        List.of((String) row[0], (String) row[1]))));
    }
}
