package dev.mooring.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every form of the console: what it says of a wrong value, what it keeps, and that its buttons are for whoever sees them. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class ConsoleFormsTest {

    private static final Pattern FORM =
            Pattern.compile("<form(?: id=\"([^\"]+)\")? method=\"post\" action=\"([^\"]+)\".*?</form>", Pattern.DOTALL);
    private static final Pattern HIDDEN =
            Pattern.compile("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">");

    private static String cluster;
    private static String app;
    private static String dev;

    @BeforeEach
    synchronized void ground() {
        if (cluster == null) {
            app = ConsolePagesTest.makeApp();
            cluster = Api.cluster("16").id();
            Awaitility.await("the dev database").atMost(Duration.ofSeconds(60)).until(() -> {
                dev = Api.get("/v2/apps/" + app + "/database_connection_details")
                        .jsonPath()
                        .getString("connection_details[0].database_id");
                return dev != null;
            });
        }
    }

    /**
     * A form with one wrong value.
     *
     * @param id of the field at which that is said
     * @param rule a part of what is said
     * @param kept something else that was typed
     */
    private record Refusal(
            String path, String name, String field, String value, String id, String rule, String... kept) {}

    private static List<Refusal> refusals() {
        String one = "/console/databases/" + cluster;
        String its = "/console/apps/" + app;
        return List.of(
                new Refusal("/console/databases/new", "create", "name", "a b", "name", "must have 3 to 63"),
                new Refusal(
                        "/console/databases/new",
                        "create",
                        "version",
                        "9",
                        "version",
                        "one of",
                        "name",
                        "kept",
                        "num_nodes",
                        "1",
                        "size",
                        "db-s-1vcpu-2gb",
                        "region",
                        "nyc1",
                        "engine",
                        "pg"),
                new Refusal(
                        "/console/databases/new", "create", "size", "huge", "size", "must be one of", "name", "kept"),
                new Refusal(
                        "/console/databases/new", "create", "num_nodes", "x", "nodes", "whole number", "name", "kept"),
                new Refusal(
                        "/console/databases/new", "create", "region", "x", "region", "must be one of", "name", "kept"),
                new Refusal(one + "/users", "user", "name", "a b", "user", "must have 1 to 63"),
                new Refusal(one + "/users", "user", "name", "doadmin", "user", "exists already"),
                new Refusal(one + "/dbs", "db", "name", "a\"b", "db", "must have 1 to 63"),
                new Refusal(
                        one + "/network/add",
                        "add",
                        "value",
                        "300.1.1.1",
                        "address",
                        "is not an IPv4 address",
                        "type",
                        "ip_addr",
                        "description",
                        "kept"),
                new Refusal(one + "/replicas/create", "create", "name", "a b", "name", "must have 3 to 63"),
                new Refusal(
                        one + "/backups/policy",
                        "policy",
                        "retention_hours",
                        "x",
                        "retention",
                        "whole number",
                        "drill_hours",
                        "12"),
                new Refusal(
                        one + "/backups/policy",
                        "policy",
                        "drill_hours",
                        "0",
                        "drills",
                        "1 to",
                        "retention_hours",
                        "12"),
                new Refusal(
                        one + "/upgrade/begin",
                        "upgrade",
                        "version",
                        "15",
                        "version",
                        "must be higher than 16",
                        "undo_hours",
                        "7"),
                new Refusal(one + "/upgrade/begin", "upgrade", "undo_hours", "-1", "undo", "1 to", "version", "17"),
                new Refusal(
                        one + "/settings/resize",
                        "resize",
                        "storage_size_mib",
                        "1",
                        "storage",
                        "must be 30720 to",
                        "size",
                        "db-s-1vcpu-2gb"),
                new Refusal(
                        one + "/settings/config",
                        "config",
                        "value",
                        "x",
                        "value",
                        "must be a whole number",
                        "key",
                        "work_mem"),
                new Refusal(
                        one + "/settings/maintenance",
                        "maintenance",
                        "hour",
                        "99:00",
                        "hour",
                        "must be HH:MM",
                        "day",
                        "monday"),
                new Refusal(one + "/settings/destroy", "destroy", "name", "another", "confirm", "to destroy it"),
                new Refusal(
                        "/console/databases/" + dev + "/convert/begin",
                        "convert",
                        "name",
                        "a b",
                        "name",
                        "must have 3 to 63"),
                new Refusal(
                        "/console/databases/" + dev + "/convert/begin",
                        "convert",
                        "num_nodes",
                        "9",
                        "nodes",
                        "must be one of",
                        "name",
                        "kept"),
                new Refusal(its + "/attach/dev", "dev", "name", "a b", "dev-name", "must have 2 to 32"),
                new Refusal(
                        its + "/attach/cluster", "attach", "cluster", "nothing", "cluster", "choose", "name", "kept"),
                new Refusal(its + "/components/db/destroy", "destroy", "name", "another", "confirm", "enter db"));
    }

    private static List<Refusal> refusalsOfPools() {
        String create = "/console/databases/" + cluster + "/pools/create";
        return List.of(
                new Refusal(create, "create", "size", "x", "size", "whole number", "name", "kept", "db", "defaultdb"),
                new Refusal(create, "create", "mode", "any", "mode", "must be one of", "name", "kept", "size", "2"),
                new Refusal(
                        create,
                        "create",
                        "db",
                        "other",
                        "db",
                        "no database other",
                        "name",
                        "kept",
                        "size",
                        "2",
                        "mode",
                        "session"),
                new Refusal(
                        create,
                        "create",
                        "user",
                        "other",
                        "user",
                        "no user other",
                        "name",
                        "kept",
                        "size",
                        "2",
                        "mode",
                        "session",
                        "db",
                        "defaultdb"));
    }

    @Test
    void everyFieldSaysWhyItIsRefusedAndWhatWasTypedIsKept() {
        refused(refusals());
    }

    @Test
    void everyFieldOfAPoolSaysWhyItIsRefused() {
        assumeTrue(PgBouncer.find().isPresent(), PgBouncer.missing());
        refused(refusalsOfPools());
    }

    private static void refused(List<Refusal> refusals) {
        Browser browser = Browser.of(TestGround.TOKEN);
        SoftAssertions.assertSoftly(softly -> {
            for (Refusal wrong : refusals) {
                String as = wrong.path() + " " + wrong.field();
                List<String> fields = new ArrayList<>(List.of("_name", wrong.name(), wrong.field(), wrong.value()));
                fields.addAll(Arrays.asList(wrong.kept()));
                Response answer = browser.post(wrong.path(), fields.toArray(String[]::new));
                String page = answer.asString();
                softly.assertThat(answer.statusCode()).as(as).isBetween(400, 499);
                softly.assertThat(page)
                        .as(as)
                        .containsPattern("id=\"" + wrong.id() + "\"[^>]*aria-invalid=\"true\" aria-describedby=\""
                                + wrong.id() + "-wrong")
                        .containsPattern(
                                "class=\"wrong\" id=\"" + wrong.id() + "-wrong\">[^<]*" + Pattern.quote(wrong.rule()));
                if (!Set.of("version", "size", "num_nodes", "region", "cluster", "mode", "db", "user")
                        .contains(wrong.field())) {
                    softly.assertThat(page)
                            .as(as)
                            .contains("value=\"" + wrong.value().replace("\"", "&quot;") + "\"");
                }
                for (int i = 1; i < wrong.kept().length; i += 2) {
                    softly.assertThat(page)
                            .as(as + " keeps " + wrong.kept()[i])
                            .containsPattern("value=\"" + wrong.kept()[i] + "\"|selected>" + wrong.kept()[i] + "<");
                }
            }
        });
    }

    @Test
    void tickedBoxesAreKept() {
        Browser browser = Browser.of(TestGround.TOKEN);
        String one = "/console/databases/" + cluster;
        assertThat(browser.post(one + "/backups/policy", "_name", "policy", "retention_hours", "x", "synchronous", "on")
                        .asString())
                .contains("name=\"synchronous\" checked");
        assertThat(browser.post(one + "/upgrade/begin", "_name", "upgrade", "version", "15", "end_transactions", "on")
                        .asString())
                .contains("name=\"end_transactions\" checked");
        assertThat(browser.post(
                                "/console/apps/" + app + "/attach/cluster",
                                "_name",
                                "attach",
                                "name",
                                "x",
                                "trust",
                                "on")
                        .asString())
                .contains("name=\"trust\" checked");
    }

    /** Pressed with nothing but what is hidden in them: whatever else a form says then, it is for its reader. */
    @Test
    void everyButtonThatIsShownMayBePressed() {
        SoftAssertions.assertSoftly(softly -> {
            for (String scope : List.of(
                    "database:create",
                    "database:update",
                    "database:delete",
                    "database:view_credentials",
                    "app:create",
                    "app:update",
                    "app:delete")) {
                Browser browser = Browser.of(Browser.token("database:read", "app:read", scope));
                Set<String> pressed = new LinkedHashSet<>();
                for (String path : pages()) {
                    String page = browser.page(path);
                    FORM.matcher(page)
                            .results()
                            .filter(form -> hasButton(form, page))
                            .forEach(form -> {
                                if (!form.group(2).endsWith("/logout") && pressed.add(form.group(2))) {
                                    Response answer = browser.post(form.group(2), hidden(form));
                                    softly.assertThat(answer.statusCode())
                                            .as(scope + " at " + path + " presses " + form.group(2))
                                            .isNotIn(401, 403, 404)
                                            .isLessThan(500);
                                }
                            });
                }
            }
        });
    }

    private static List<String> pages() {
        return Stream.concat(
                        ConsolePagesTest.pages(cluster, app).stream(),
                        Stream.of("", "/network", "/backups", "/upgrade", "/settings", "/convert")
                                .map(tab -> "/console/databases/" + dev + tab))
                .toList();
    }

    private static boolean hasButton(MatchResult form, String page) {
        return form.group().contains("<button")
                || form.group(1) != null && page.contains("<button form=\"" + form.group(1) + "\"");
    }

    private static String[] hidden(MatchResult form) {
        List<String> fields = new ArrayList<>();
        Matcher hidden = HIDDEN.matcher(form.group());
        while (hidden.find()) {
            if (!hidden.group(1).equals("_form")) {
                fields.add(hidden.group(1));
                fields.add(hidden.group(2));
            }
        }
        return fields.toArray(String[]::new);
    }
}
