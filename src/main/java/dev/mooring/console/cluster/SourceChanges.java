package dev.mooring.console.cluster;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.console.Question;
import dev.mooring.database.cluster.NewCluster.RuleInput;
import dev.mooring.database.config.SettingsResource;
import dev.mooring.database.network.FirewallCheckResource;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** What other trusted sources would do, for people to confirm before it is done. */
@ApplicationScoped
public class SourceChanges {

    /** Of users and addresses whose sessions would end. */
    private static final int MOST_NAMED = 8;

    private final SettingsResource settings;
    private final FirewallCheckResource check;
    private final Caller caller;

    SourceChanges(SettingsResource settings, FirewallCheckResource check, Caller caller) {
        this.settings = settings;
        this.check = check;
        this.caller = caller;
    }

    /** The list as it would be. */
    Uni<List<RuleInput>> rules(String id, UnaryOperator<List<RuleInput>> change) {
        return settings.rules(id)
                .map(list -> change.apply(list.rules().stream()
                        .map(rule -> new RuleInput(rule.type(), rule.value(), rule.uuid(), rule.description()))
                        .toList()));
    }

    /** Who would be turned out. */
    Uni<Question> ask(String id, UnaryOperator<List<RuleInput>> change) {
        return rules(id, change)
                .chain(rules -> check.check(id, new FirewallCheckResource.Wanted(rules))
                        .map(found -> question(found.firewallCheck(), rules)));
    }

    /** The same for an app that becomes a trusted source. */
    public Uni<Question> askToTrust(String id, String app) {
        return mayAsk()
                ? ask(id, rules -> {
                    List<RuleInput> more = new ArrayList<>(rules);
                    if (rules.stream().noneMatch(rule -> isApp(rule, app))) {
                        more.add(new RuleInput("app", app, null, null));
                    }
                    return more;
                })
                : Uni.createFrom().item(unknown());
    }

    /** The same for an app that is to be one no longer. As the last one it leaves the door shut. */
    public Uni<Question> askNotToTrust(String id, String app) {
        if (!mayAsk()) {
            return Uni.createFrom().item(unknown());
        }
        return rules(
                        id,
                        rules ->
                                rules.stream().filter(rule -> !isApp(rule, app)).toList())
                .chain(left -> left.isEmpty()
                        ? Uni.createFrom()
                                .item(Question.of(
                                        List.of(
                                                "The app is the only trusted source: without it nobody may connect, and open sessions end.",
                                                "To let everybody with a password in, remove the app on the database's Network Access instead."),
                                        "Let nobody in"))
                        : ask(id, rules -> left));
    }

    /** Who is connected is nothing for those who may only read. */
    private boolean mayAsk() {
        return caller.may(Scopes.DATABASE_READ) && caller.may(Scopes.DATABASE_UPDATE);
    }

    private static boolean isApp(RuleInput rule, String app) {
        return "app".equals(rule.type()) && app.equalsIgnoreCase(rule.value());
    }

    /** Sessions that end are said before; where nobody can tell, that is said. */
    private static Question question(FirewallCheckResource.Check found, List<RuleInput> wanted) {
        Integer open = found.openSessions();
        Integer end = found.endingSessions();
        if (open == null || end == null) {
            return wanted.isEmpty() ? Question.none() : unknown();
        }
        if (end == 0) {
            return Question.none();
        }
        List<String> words = new ArrayList<>();
        words.add(end + " of " + open + (open == 1 ? " open session" : " open sessions") + " will end at once.");
        found.ending().stream()
                .limit(MOST_NAMED)
                .map(some -> sessions(some.sessions()) + " of " + some.user() + " from " + some.address()
                        + (some.database() == null || some.database().isEmpty() ? "" : ", on " + some.database()))
                .forEach(words::add);
        if (found.ending().size() > MOST_NAMED) {
            words.add("and of " + (found.ending().size() - MOST_NAMED) + " more users or addresses");
        }
        return Question.of(words, "End " + sessions(end));
    }

    private static Question unknown() {
        return Question.of(
                List.of("How many open sessions this ends cannot be told here. Those from elsewhere end at once."),
                "Change the trusted sources");
    }

    private static String sessions(int count) {
        return count + (count == 1 ? " session" : " sessions");
    }
}
