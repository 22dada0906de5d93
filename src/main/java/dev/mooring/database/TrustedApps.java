package dev.mooring.database;

import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import java.util.List;

/** Apps among trusted sources: a team names its own, and nobody learns which others there are. */
final class TrustedApps {

    private static final String UNKNOWN =
            "select w.value from jsonb_array_elements_text(cast(cast(:values as text) as jsonb)) as w (value)"
                    + " where not exists (select from app where id::text = lower(w.value) and team = :team and deleted_at is null)"
                    + " and not exists (select from firewall_rule where cluster = :cluster and type = 'app' and value = w.value)";

    private TrustedApps() {}

    /** In the caller's transaction. Fails with 422 for an app that is not the team's, unless the cluster trusts it already. */
    static Uni<Void> check(Cluster cluster, List<NewCluster.RuleInput> rules) {
        List<String> apps = rules == null
                ? List.of()
                : rules.stream()
                        .filter(rule -> rule.type().equals("app"))
                        .map(NewCluster.RuleInput::value)
                        .toList();
        if (apps.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(UNKNOWN, String.class)
                        .setParameter("values", new JsonArray(apps).encode())
                        .setParameter("team", cluster.team)
                        .setParameter("cluster", cluster.id)
                        .getResultList())
                .invoke(unknown -> refuse(rules, unknown))
                .replaceWithVoid();
    }

    private static void refuse(List<NewCluster.RuleInput> rules, List<String> unknown) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).type().equals("app")
                    && unknown.contains(rules.get(i).value())) {
                throw ApiException.unprocessable("rules[" + i + "].value: there is no app with the id "
                        + rules.get(i).value());
            }
        }
    }
}
