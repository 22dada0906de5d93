package dev.mooring.database.network;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.FirewallRule;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.TrustedSource;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The list of a cluster's trusted sources, always replaced as a whole; but the apps that deployments have attached are no
 * part of what a person replaces.
 */
@ApplicationScoped
public class FirewallRules {

    private final Clock clock;

    FirewallRules(Clock clock) {
        this.clock = clock;
    }

    public static void check(Problems problems, @Nullable List<NewCluster.RuleInput> rules) {
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
    public Uni<Void> replace(Cluster cluster, List<NewCluster.RuleInput> wanted) {
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

    /**
     * What a person's list comes to: an attached app stays in that is not named, since whoever writes the list may not know of
     * it, and it has its own switch. A list without any source opens the cluster, to these apps as to everybody.
     */
    public Uni<List<NewCluster.RuleInput>> withAttached(UUID cluster, List<NewCluster.RuleInput> wanted) {
        if (wanted.isEmpty()) {
            return Uni.createFrom().item(wanted);
        }
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select cast(t.app as text) from attached_app t join app a on a.id = t.app"
                                        + " where t.cluster = :cluster and a.deleted_at is null order by t.app",
                                String.class)
                        .setParameter("cluster", cluster)
                        .getResultList())
                .map(apps -> Stream.concat(
                                wanted.stream(),
                                apps.stream()
                                        .map(FirewallRules::app)
                                        .filter(rule -> wanted.stream().noneMatch(named -> same(named, rule))))
                        .toList());
    }

    /** Whether the app is attached from now on. */
    public static Uni<Void> attach(Cluster cluster, UUID app, boolean attached) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                attached
                                        ? "insert into attached_app (cluster, app, revision) values (:cluster, :app, :revision)"
                                                + " on conflict do nothing"
                                        : "delete from attached_app where cluster = :cluster and app = :app"
                                                + " and revision <= :revision")
                        .setParameter("cluster", cluster.id)
                        .setParameter("app", app)
                        .setParameter("revision", cluster.revision)
                        .executeUpdate())
                .replaceWithVoid();
    }

    public static NewCluster.RuleInput app(UUID app) {
        return app(app.toString());
    }

    private static NewCluster.RuleInput app(String app) {
        return new NewCluster.RuleInput("app", app, null, null);
    }

    /**
     * The list without a source that went by itself. Only a person opens a cluster: when it was the last one, nobody is let in
     * from now on.
     *
     * @param why in words, for whoever looks at the list
     */
    public static List<NewCluster.RuleInput> without(
            List<NewCluster.RuleInput> rules, Predicate<NewCluster.RuleInput> gone, String why) {
        List<NewCluster.RuleInput> left = rules.stream().filter(gone.negate()).toList();
        return left.isEmpty() && !rules.isEmpty() ? List.of(nobody(why)) : left;
    }

    private static NewCluster.RuleInput nobody(String why) {
        return new NewCluster.RuleInput("ip_addr", TrustedSource.NOBODY, null, "Nobody: " + why);
    }

    /** The list with one more source; what kept everybody out has served its time then. */
    public static List<NewCluster.RuleInput> with(List<NewCluster.RuleInput> rules, NewCluster.RuleInput added) {
        return Stream.concat(
                        rules.stream().filter(rule -> !TrustedSource.NOBODY.equals(rule.value()) && !same(rule, added)),
                        Stream.of(added))
                .toList();
    }

    /** UUIDs are the same in capitals. */
    public static boolean same(NewCluster.RuleInput one, NewCluster.RuleInput other) {
        return one.type().equals(other.type()) && one.value().equalsIgnoreCase(other.value());
    }

    /** The cluster's list as it is. */
    public static Uni<List<NewCluster.RuleInput>> of(UUID cluster) {
        return FirewallRule.<FirewallRule>list("cluster = ?1 order by position", cluster)
                .map(rules -> rules.stream()
                        .map(rule ->
                                new NewCluster.RuleInput(rule.type, rule.value, rule.id.toString(), rule.description))
                        .toList());
    }

    /**
     * In the caller's transaction: another cluster's list without the apps that are gone. Apps that are there cannot go before
     * the transaction has ended, so that they take their rules with them.
     */
    public Uni<List<NewCluster.RuleInput>> inherited(UUID team, List<NewCluster.RuleInput> rules) {
        String named = rules.stream()
                .filter(rule -> rule.type().equals("app"))
                .map(rule -> rule.value().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(","));
        if (named.isEmpty()) {
            return Uni.createFrom().item(rules);
        }
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select cast(id as text) from app where team = :team and deleted_at is null"
                                        + " and cast(id as text) = any(string_to_array(:named, ',')) order by id for share",
                                String.class)
                        .setParameter("team", team)
                        .setParameter("named", named)
                        .getResultList())
                .map(apps -> without(
                        rules,
                        rule -> rule.type().equals("app")
                                && !apps.contains(rule.value().toLowerCase(Locale.ROOT)),
                        "the apps that were the trusted sources are gone"));
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

    private void write(FirewallRule rule, Cluster cluster, int position, NewCluster.RuleInput input) {
        if (rule.id == null) {
            rule.id = UUID.randomUUID();
            rule.cluster = cluster.id;
            rule.createdAt = OffsetDateTime.now(clock);
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
