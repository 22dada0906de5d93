package dev.mooring.database.binding;

import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** Where what an app has belongs: to the project that the app is in now, whatever it was in when its deployment was asked for. */
final class AppProject {

    private AppProject() {}

    /** In the caller's transaction, until whose end the app stays there, and so the project. Fails with 404. */
    static Uni<UUID> of(UUID app) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select project_id from app where id = :app for key share", UUID.class)
                        .setParameter("app", app)
                        .getSingleResultOrNull())
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.notFound("app not found"));
    }
}
