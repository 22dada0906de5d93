package dev.mooring.database;

import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The list of a cluster's trusted sources, always replaced as a whole. */
@ApplicationScoped
class FirewallRules {

    static void check(Problems problems, List<NewCluster.RuleInput> rules) {
        if (rules == null) {
            return;
        }
        problems.check(
                rules.size() <= TrustedSource.MOST_RULES, "rules", "at most " + TrustedSource.MOST_RULES + " rules");
        for (int i = 0; i < rules.size(); i++) {
            NewCluster.RuleInput rule = rules.get(i);
            if (problems.check(rule != null, "rules[" + i + "]", "must be an object")) {
                TrustedSource.check(problems, "rules[" + i + "]", rule.type(), rule.value());
            }
        }
    }

    /**
     * Writes the new list. A source that was there before keeps its id, its time, and its description when none comes
     * with it: most clients do not know that there is one. A source that is named twice is one.
     */
    Uni<Void> replace(Cluster cluster, List<NewCluster.RuleInput> wanted) {
        return FirewallRule.<FirewallRule>list("cluster = ?1", cluster.id).chain(present -> {
            Map<String, NewCluster.RuleInput> distinct = new LinkedHashMap<>();
            wanted.forEach(rule -> distinct.putIfAbsent(source(rule.type(), rule.value()), rule));
            List<FirewallRule> unused = new ArrayList<>(present);
            List<FirewallRule> rules = new ArrayList<>();
            for (NewCluster.RuleInput input : distinct.values()) {
                FirewallRule rule = before(input, unused);
                unused.remove(rule);
                write(rule, cluster, rules.size(), input);
                rules.add(rule);
            }
            return Panache.getSession()
                    .chain(session -> session.removeAll(unused.toArray())
                            .chain(() -> session.persistAll(rules.toArray()))
                            .chain(session::flush));
        });
    }

    /** The rule of the same source, else the one with the same id, else a new one. */
    private static FirewallRule before(NewCluster.RuleInput input, List<FirewallRule> present) {
        return present.stream()
                .filter(rule -> rule.type.equals(input.type()) && rule.value.equals(input.value()))
                .findFirst()
                .or(() -> present.stream()
                        .filter(rule -> rule.id.toString().equals(input.uuid()))
                        .findFirst())
                .orElseGet(FirewallRule::new);
    }

    private static void write(FirewallRule rule, Cluster cluster, int position, NewCluster.RuleInput input) {
        if (rule.id == null) {
            rule.id = UUID.randomUUID();
            rule.cluster = cluster.id;
            rule.createdAt = OffsetDateTime.now(ZoneOffset.UTC);
        }
        rule.position = position;
        rule.type = input.type();
        rule.value = input.value();
        if (input.description() != null) {
            rule.description = input.description();
        }
    }

    private static String source(String type, String value) {
        return type + " " + value;
    }
}
