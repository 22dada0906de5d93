package dev.mooring.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.mooring.support.Endpoints;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever a form does can be done over the API, and the command stands on the same page. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class TwinsTest {

    private static final Pattern ACTION =
            Pattern.compile("(?:method=\"post\" action|formaction)=\"(/console/[^\"]*)\"");
    private static final Pattern TWIN =
            Pattern.compile("\\{#twin frame method=\"(\\w+)\" at=\"([^\"]*)\" id=(\\S+) rest=\"([^\"]*)\"");

    /** Those that belong to the session alone. */
    private static final Set<String> WITHOUT = Set.of("/console/session", "/console/logout");

    private static final String ONE = "/console/databases/{}";
    private static final String APP = "/console/apps/{}";
    private static final String COMPONENT = APP + "/components/{}";

    private static final Map<String, Set<String>> TWINS = Map.ofEntries(
            entry("/console/databases/new", Set.of("POST /v2/databases")),
            entry("/console/databases/deleted/{}/restore", Set.of("POST /v2/databases")),
            entry(ONE + "/credentials", Set.of("GET /v2/databases/{}")),
            entry(ONE + "/users", Set.of("POST /v2/databases/{}/users")),
            entry(ONE + "/reset_user", Set.of("POST /v2/databases/{}/users/{}/reset_auth")),
            entry(ONE + "/remove_user", Set.of("DELETE /v2/databases/{}/users/{}")),
            entry(ONE + "/dbs", Set.of("POST /v2/databases/{}/dbs")),
            entry(ONE + "/remove_db", Set.of("DELETE /v2/databases/{}/dbs/{}")),
            entry(
                    ONE + "/network/add",
                    Set.of("PUT /v2/databases/{}/firewall", "POST /mooring/v1/databases/{}/firewall/check")),
            entry(ONE + "/network/remove", Set.of("PUT /v2/databases/{}/firewall")),
            entry(ONE + "/pools/create", Set.of("POST /v2/databases/{}/pools")),
            entry(ONE + "/pools/change", Set.of("PUT /v2/databases/{}/pools/{}")),
            entry(ONE + "/pools/delete", Set.of("DELETE /v2/databases/{}/pools/{}")),
            entry(ONE + "/replicas/create", Set.of("POST /v2/databases/{}/replicas")),
            entry(ONE + "/replicas/promote", Set.of("PUT /v2/databases/{}/replicas/{}/promote")),
            entry(ONE + "/replicas/delete", Set.of("DELETE /v2/databases/{}/replicas/{}")),
            entry(ONE + "/backups/preview", Set.of("GET /mooring/v1/databases/{}/restore-preview")),
            entry(ONE + "/backups/restore", Set.of("POST /v2/databases")),
            entry(ONE + "/backups/now", Set.of("POST /mooring/v1/databases/{}/backups")),
            entry(ONE + "/backups/policy", Set.of("PUT /mooring/v1/databases/{}/backup-policy")),
            entry(ONE + "/proof/drill", Set.of("POST /mooring/v1/databases/{}/drills")),
            entry(ONE + "/upgrade/update", Set.of("PUT /v2/databases/{}/install_update")),
            entry(ONE + "/upgrade/begin", Set.of("PUT /v2/databases/{}/upgrade")),
            entry(ONE + "/upgrade/undo", Set.of("POST /mooring/v1/databases/{}/upgrade/undo")),
            entry(ONE + "/convert/begin", Set.of("POST /mooring/v1/databases/{}/convert")),
            entry(ONE + "/settings/resize", Set.of("PUT /v2/databases/{}/resize")),
            entry(ONE + "/settings/config", Set.of("PATCH /v2/databases/{}/config")),
            entry(ONE + "/settings/maintenance", Set.of("PUT /v2/databases/{}/maintenance")),
            entry(ONE + "/settings/destroy", Set.of("DELETE /v2/databases/{}")),
            entry("/console/operations/{}/cancel", Set.of("POST /mooring/v1/operations/{}/cancel")),
            entry("/console/operations/{}/retry", Set.of("POST /mooring/v1/operations/{}/retry")),
            entry("/console/apps/new", Set.of("POST /v2/apps")),
            entry(APP + "/spec/preview", Set.of("POST /v2/apps/propose")),
            entry(APP + "/spec/save", Set.of("PUT /v2/apps/{}")),
            entry(APP + "/attach/dev", Set.of("PUT /v2/apps/{}")),
            entry(APP + "/attach/cluster", Set.of("PUT /v2/apps/{}", "POST /v2/apps/{}/components/{}/trusted_sources")),
            entry(COMPONENT + "/dotenv", Set.of("GET /mooring/v1/apps/{}/components/{}/env")),
            entry(COMPONENT + "/trusted_sources", Set.of("POST /v2/apps/{}/components/{}/trusted_sources")),
            entry(COMPONENT + "/destroy", Set.of("PUT /v2/apps/{}")));

    /** One form of two pages: a database's password, and what a component's variables hold. */
    private static final String SHOWN = COMPONENT + "/credentials";

    private static final Map<String, String> SHOWN_BY = Map.of(
            "database.html",
            "GET /v2/apps/{}/database_connection_details",
            "component.html",
            "GET /mooring/v1/apps/{}/components/{}/env");

    @Test
    void everyFormStandsBesideTheCommandThatDoesTheSame() throws IOException {
        Set<String> endpoints = Endpoints.all().stream()
                .map(one -> one.method() + " " + one.path().replaceAll("\\{\\w+}", "{}"))
                .collect(Collectors.toSet());
        Set<String> seen = new HashSet<>();
        SoftAssertions softly = new SoftAssertions();
        for (Path file : templates()) {
            String page = Files.readString(file);
            Set<String> twins = twins(page);
            softly.assertThat(endpoints).as("of the twins in " + file).containsAll(twins);
            ACTION.matcher(page).results().forEach(action -> {
                String form = action.group(1).replaceAll("\\{[^}]*}", "{}");
                seen.add(form);
                if (form.equals(SHOWN)) {
                    softly.assertThat(twins)
                            .as(file.toString())
                            .contains(SHOWN_BY.get(file.getFileName().toString()));
                } else if (!WITHOUT.contains(form)) {
                    softly.assertThat(TWINS).as("twins of forms").containsKey(form);
                    softly.assertThat(twins).as(form + " in " + file).containsAll(TWINS.getOrDefault(form, Set.of()));
                }
            });
        }
        softly.assertAll();
        // And no page takes a form that none has.
        Set<String> taken = new TreeSet<>();
        ConsoleAccessTest.forms().forEach(form -> taken.add(form.replaceAll("\\{\\w+}", "{}")));
        assertThat(seen).containsAll(taken);
    }

    private static Set<Path> templates() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/templates/console"))) {
            return files.filter(Files::isRegularFile).collect(Collectors.toSet());
        }
    }

    private static Set<String> twins(String page) {
        Set<String> twins = new HashSet<>();
        Matcher twin = TWIN.matcher(page);
        while (twin.find()) {
            twins.add(twin.group(1) + " " + twin.group(2) + (twin.group(3).equals("\"\"") ? "" : "{}")
                    + twin.group(4).replaceAll("\\?.*", "").replace("NAME", "{}"));
        }
        return twins;
    }
}
