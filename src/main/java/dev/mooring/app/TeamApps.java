package dev.mooring.app;

import dev.mooring.access.TeamBelongings;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/** Apps of a team. A deleted one counts until its last process is gone. */
@ApplicationScoped
class TeamApps implements TeamBelongings {

    private static final String ALL =
            "select 'the app ' || name || case when deleted_at is null then '' else ', which is being removed' end"
                    + " from app where team = :team order by 1";

    @Override
    public Uni<List<String>> of(UUID team) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(ALL, String.class)
                        .setParameter("team", team)
                        .getResultList());
    }
}
