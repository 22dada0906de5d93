package dev.mooring.database;

import dev.mooring.access.TeamBelongings;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/** Clusters and linked servers of a team. A deleted cluster counts until its last process is gone. */
@ApplicationScoped
class TeamDatabases implements TeamBelongings {

    private static final String ALL =
            "select case when deleted_at is not null then 'the cluster ' || name || ', which is being destroyed'"
                    + " when replica_of is not null then 'the read-only node ' || name"
                    + " when app is not null then 'the dev database ' || name else 'the cluster ' || name end"
                    + " from cluster where team = :team"
                    + " union all select 'the linked server ' || name from linked_instance where team = :team order by 1";

    @Override
    public Uni<List<String>> of(UUID team) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(ALL, String.class)
                        .setParameter("team", team)
                        .getResultList());
    }
}
