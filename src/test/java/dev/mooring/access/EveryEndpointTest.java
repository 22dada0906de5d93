package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Endpoints;
import dev.mooring.support.Endpoints.Answer;
import dev.mooring.support.Endpoints.Endpoint;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Walks everything that the API's description has, so that an endpoint which is added is walked too: with tokens of one scope,
 * and with another team's token and the ids of what is really there.
 */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class EveryEndpointTest {

    /** Of the log the link itself is the secret; what answers here is none. */
    private static final Set<String> FOR_NOBODY =
            Set.of("GET /mooring/v1/logs/{link}", "GET /", "GET /mooring/v1/version");

    private static final Set<String> FOR_EVERY_TOKEN = Set.of(
            "GET /v1/oauth/token/info",
            "GET /v2/regions",
            "POST /mooring/v1/console/links",
            // Each of its tools asks for the scopes of its own.
            "POST /mooring/v1/mcp");

    /** It shows passwords: a token needs the scope for that as well. */
    private static final Map<String, String> SECOND_SCOPES =
            Map.of("GET /mooring/v1/apps/{id}/components/{name}/env", Scopes.DATABASE_CREDENTIALS);

    /** What is served and not described, because it is refused for every engine that there is. */
    private static final List<Endpoint> HIDDEN = List.of(
            new Endpoint("GET", "/v2/databases/{id}/schema-registry", List.of("database:read")),
            new Endpoint("GET", "/v2/databases/{id}/indexes", List.of("database:read")),
            new Endpoint("PUT", "/v2/databases/{id}/eviction_policy", List.of("database:update")),
            new Endpoint("POST", "/v2/databases/{id}/schema-registry", List.of("database:update")),
            new Endpoint("DELETE", "/v2/databases/{id}/schema-registry/some", List.of("database:update")));

    /** What has to be in a request, so that nothing else is wrong with it. */
    private static final Map<String, String> BODIES = Map.ofEntries(
            Map.entry("PUT /mooring/v1/databases/{id}/backup-policy", "{\"retention_hours\":48}"),
            Map.entry("POST /mooring/v1/databases/{id}/convert", "{\"name\":\"taken-over\"}"),
            Map.entry("PATCH /v2/databases/{id}/config", "{\"config\":{\"work_mem\":8}}"),
            Map.entry("PUT /v2/databases/{id}/do_settings", "{\"do_settings\":{\"service_cnames\":[]}}"),
            Map.entry("PUT /v2/databases/{id}/firewall", "{\"rules\":[]}"),
            Map.entry("PUT /v2/databases/{id}/maintenance", "{\"day\":\"monday\",\"hour\":\"03:00\"}"),
            Map.entry("PUT /v2/databases/{id}/migrate", "{\"region\":\"ams3\"}"),
            Map.entry(
                    "PUT /v2/databases/{id}/online-migration",
                    "{\"source\":{\"host\":\"localhost\",\"port\":5432,\"dbname\":\"d\",\"username\":\"u\",\"password\":\"p\"}}"),
            Map.entry("PUT /v2/databases/{id}/resize", "{\"size\":\"db-s-1vcpu-2gb\",\"num_nodes\":1}"),
            Map.entry("PUT /v2/databases/{id}/upgrade", "{\"version\":\"17\"}"),
            Map.entry("POST /mooring/v1/databases/{id}/upgrade/check", "{\"version\":\"17\"}"),
            Map.entry("PUT /v2/databases/{id}/autoscale", "{\"autoscale\":{\"storage\":{\"enabled\":false}}}"),
            Map.entry("POST /v2/databases/{id}/users", "{\"name\":\"bob\"}"),
            Map.entry("PUT /v2/databases/{id}/users/{name}", "{\"settings\":{\"pg_allow_replication\":true}}"),
            Map.entry("POST /v2/databases/{id}/dbs", "{\"name\":\"more\"}"),
            Map.entry(
                    "POST /v2/databases/{id}/pools",
                    "{\"name\":\"more\",\"mode\":\"session\",\"size\":1,\"db\":\"defaultdb\"}"),
            Map.entry("PUT /v2/databases/{id}/pools/{name}", "{\"mode\":\"session\",\"size\":1,\"db\":\"defaultdb\"}"),
            Map.entry("PATCH /v2/projects/{id}", "{\"name\":\"mine\"}"),
            Map.entry(
                    "PUT /v2/projects/{id}",
                    "{\"name\":\"mine\",\"purpose\":\"p\",\"description\":\"d\",\"environment\":\"Staging\",\"is_default\":true}"),
            Map.entry("POST /v2/projects/{id}/resources", "{\"resources\":[\"do:dbaas:{id}\"]}"),
            Map.entry("POST /v2/databases/{id}/topics", "{\"name\":\"more\"}"),
            Map.entry("PUT /v2/databases/{id}/topics/{name}", "{\"partition_count\":2}"),
            Map.entry("PUT /v2/apps/{id}", "{\"spec\":{\"name\":\"mine\",\"region\":\"nyc\"}}"),
            Map.entry("POST /v2/apps/{id}/components/{name}/trusted_sources", "{\"enable\":true}"),
            Map.entry("POST /v2/apps/{id}/rollback", "{\"deployment_id\":\"{deployment}\"}"),
            Map.entry("POST /v2/apps/{id}/rollback/validate", "{\"deployment_id\":\"{deployment}\"}"),
            Map.entry(
                    "POST /v2/tags/{name}/resources",
                    "{\"resources\":[{\"resource_id\":\"{id}\",\"resource_type\":\"database\"}]}"),
            Map.entry(
                    "DELETE /v2/tags/{name}/resources",
                    "{\"resources\":[{\"resource_id\":\"{id}\",\"resource_type\":\"database\"}]}"),
            Map.entry(
                    "POST /v1alpha1/{organization}/databases/userdb/{name}/credentials",
                    "{\"Name\":\"{instance}\",\"Password\":\"c0rrect%horse#1\"}"),
            Map.entry(
                    "POST /v1alpha1/{organization}/databases/userdb/{name}/restore",
                    "{\"RestoreName\":\"mine_now\",\"RestoreTimestamp\":\"2026-11-24T21:41:18Z\"}"),
            Map.entry(
                    "POST /v1alpha1/{organization}/applications/secrets",
                    "{\"ApplicationName\":\"{application}\",\"SecretName\":\"KEY\",\"ClearSecretValue\":\"value\"}"),
            Map.entry(
                    "PUT /v1alpha1/{organization}/applications",
                    "{\"name\":\"mine_now\",\"database\":\"{instance}\"}"));

    private static Victim victim;

    /** One for all tests: they leave it as it was. */
    private static synchronized Victim victim() {
        victim = victim == null ? Victim.make() : victim;
        return victim;
    }

    private static List<Endpoint> everything() {
        List<Endpoint> all = new ArrayList<>(Endpoints.all());
        all.addAll(HIDDEN);
        return all;
    }

    private static String token(String scope) {
        return Api.post("/mooring/v1/tokens", "{\"name\":\"walk\",\"scopes\":[\"" + scope + "\"]}")
                .jsonPath()
                .getString("token.token");
    }

    @Test
    void everyEndpointSaysWhatItNeedsAndAsksForIt() throws Exception {
        Map<String, String> tokens = new HashMap<>();
        for (String scope : Scopes.known()) {
            tokens.put(scope, token(scope));
        }
        List<Callable<List<String>>> walks = new ArrayList<>();
        for (Endpoint endpoint : everything()) {
            walks.add(() -> walk(endpoint, tokens));
        }
        assertThat(together(walks)).isEmpty();
        for (Endpoint endpoint : everything()) {
            String second = SECOND_SCOPES.get(endpoint.toString());
            if (second != null) {
                String both = token(second + "\",\"" + endpoint.scopes().getFirst());
                assertThat(Endpoints.send(endpoint.method(), endpoint.filled(Map.of("*", "none")), both, null)
                                .status())
                        .isEqualTo(404);
            }
        }
    }

    /** @return what is wrong */
    private static List<String> walk(Endpoint endpoint, Map<String, String> tokens) throws Exception {
        List<String> wrong = new ArrayList<>();
        String path = endpoint.filled(Map.of("*", UUID.randomUUID().toString(), "organization", "default"));
        int anonymous = Endpoints.send(endpoint.method(), path, null, null).status();
        if (endpoint.scopes() == null) {
            if (!FOR_NOBODY.contains(endpoint.toString())) {
                wrong.add(endpoint + " says of no scope that it is needed");
            }
            return wrong;
        }
        if (anonymous != 401) {
            wrong.add(endpoint + " answers " + anonymous + " to nobody");
        }
        if (endpoint.scopes().isEmpty() != FOR_EVERY_TOKEN.contains(endpoint.toString())) {
            wrong.add(endpoint + " is for every token, or is not and should be");
        }
        if (!Scopes.known().containsAll(endpoint.scopes())) {
            wrong.add(endpoint + " needs a scope that no token can have: " + endpoint.scopes());
        }
        for (Map.Entry<String, String> token : tokens.entrySet()) {
            boolean may = endpoint.scopes().isEmpty()
                    || endpoint.scopes().contains(token.getKey()) && !SECOND_SCOPES.containsKey(endpoint.toString());
            int status = Endpoints.send(endpoint.method(), path, token.getValue(), null)
                    .status();
            if (may ? status == 401 || status == 403 || status >= 500 : status != 403) {
                wrong.add(endpoint + " answers " + status + " to a token of " + token.getKey());
            }
        }
        return wrong;
    }

    @Test
    void nothingOfAnotherTeamIsThere() throws Exception {
        Victim victim = victim();
        TestTeam intruder = TestTeam.make();
        List<Callable<List<String>>> walks = new ArrayList<>();
        for (Endpoint endpoint : everything()) {
            walks.add(() -> intrude(endpoint, victim, intruder));
        }
        assertThat(together(walks)).isEmpty();
        victim.assertUntouched();
        Api.delete(intruder.path());
    }

    private static List<String> intrude(Endpoint endpoint, Victim victim, TestTeam intruder) throws Exception {
        List<String> wrong = new ArrayList<>();
        boolean cloud = endpoint.parameters().contains("organization");
        for (String organization : cloud ? List.of(intruder.name(), "default") : List.of(intruder.name())) {
            Map<String, String> values = victim.values(endpoint);
            values.put("organization", organization);
            String body = BODIES.getOrDefault(endpoint.toString(), "{}");
            for (Map.Entry<String, String> value : values.entrySet()) {
                body = body.replace("{" + value.getKey() + "}", value.getValue());
            }
            Answer answer = Endpoints.send(endpoint.method(), endpoint.filled(values), intruder.token(), body);
            boolean beyond =
                    endpoint.scopes() != null && endpoint.scopes().stream().anyMatch(Scopes::reachesBeyondTeam);
            boolean names = endpoint.parameters().stream().anyMatch(name -> !name.equals("slug"))
                            && (!endpoint.parameters().equals(List.of("organization"))
                                    || !organization.equals(intruder.name()))
                    || BODIES.containsKey(endpoint.toString());
            int expected = beyond ? 403 : names ? 404 : 0;
            if (expected != 0 && answer.status() != expected
                    || expected == 0
                            && (answer.status() >= 500
                                    || endpoint.reads()
                                            && answer.status() != 200
                                            && !endpoint.parameters().contains("slug"))) {
                wrong.add(endpoint + " for " + organization + " answers " + answer.status() + " " + answer.body());
            }
            for (String secret : victim.marks()) {
                if (answer.body().contains(secret) && expected != 404) {
                    wrong.add(endpoint + " tells of " + secret);
                }
            }
        }
        return wrong;
    }

    @Test
    void noEndpointTakesANul() throws Exception {
        List<Callable<List<String>>> walks = new ArrayList<>();
        for (Endpoint endpoint : everything()) {
            for (String parameter : endpoint.parameters()) {
                walks.add(() -> takesNul(endpoint, endpoint.filled(Map.of(parameter, "a%00b", "*", "some"))));
            }
            walks.add(() -> takesNul(endpoint, endpoint.filled(Map.of("*", "some")) + "?name=%00&page=1"));
            walks.add(() -> takesNul(endpoint, endpoint.filled(Map.of("*", "some")) + "?%00=1"));
        }
        assertThat(walks).hasSizeGreaterThan(300);
        assertThat(together(walks)).isEmpty();
    }

    private static List<String> takesNul(Endpoint endpoint, String path) throws Exception {
        String body = endpoint.reads() ? null : BODIES.getOrDefault(endpoint.toString(), "{}");
        Answer answer = Endpoints.send(endpoint.method(), path, TestGround.TOKEN, body);
        return answer.status() == 400 && answer.body().contains("NUL")
                ? List.of()
                : List.of(endpoint + " answers " + answer.status() + " " + answer.body() + " to " + path);
    }

    /** RFC 9110, 15.5.6: an answer 405 says which methods there are. */
    @Test
    void whatAPathLacksItSaysWithWhatItHas() throws Exception {
        Map<String, Set<String>> methods = new HashMap<>();
        everything()
                .forEach(endpoint -> methods.computeIfAbsent(endpoint.path(), path -> new TreeSet<>())
                        .add(endpoint.method()));
        List<String> wrong = new ArrayList<>();
        int lacking = 0;
        for (Map.Entry<String, Set<String>> path : methods.entrySet()) {
            Endpoint endpoint = new Endpoint("", path.getKey(), List.of());
            Map<String, String> values = new HashMap<>(victim().values(endpoint));
            values.put("organization", "default");
            String asked = endpoint.filled(values);
            for (String method : List.of("GET", "PUT", "POST", "DELETE", "PATCH")) {
                if (path.getValue().contains(method)) {
                    continue;
                }
                Answer answer = Endpoints.send(method, asked, TestGround.TOKEN, "{}");
                if (answer.status() != 405) {
                    // A neighbour of the path has the method, such as /v2/apps/{id} for /v2/apps/regions: it answers,
                    // or there is no such path.
                    assertThat(answer.status()).as("%s %s", method, asked).isBetween(400, 499);
                    continue;
                }
                lacking++;
                Set<String> allowed = new TreeSet<>(List.of(answer.allow().split(", *")));
                if (answer.body().isEmpty() || !allowed.containsAll(path.getValue()) || allowed.contains(method)) {
                    wrong.add(method + " " + path.getKey() + " answers Allow: " + answer.allow() + " of "
                            + path.getValue());
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(lacking).isGreaterThan(100);
        victim().assertUntouched();
    }

    /** In parallel, because there are thousands. */
    private static Set<String> together(List<Callable<List<String>>> walks) throws Exception {
        Set<String> wrong = new TreeSet<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<List<String>> walk : threads.invokeAll(walks)) {
                wrong.addAll(walk.get());
            }
        }
        return wrong;
    }

    @Test
    void whatIsNamedInARequestIsTheTeamsOwn() throws Exception {
        Victim victim = victim();
        TestTeam intruder = TestTeam.make();
        String create =
                "{\"name\":\"mine\",\"engine\":\"pg\",\"num_nodes\":1,\"size\":\"db-s-1vcpu-1gb\",\"region\":\"nyc1\",%s}";
        for (String source : List.of(victim.cluster().name(), victim.cluster().id())) {
            refused(
                    intruder,
                    "POST",
                    "/v2/databases",
                    create.formatted("\"backup_restore\":{\"database_name\":\"" + source + "\"}"),
                    422,
                    "backup_restore.database_name");
        }
        refused(
                intruder,
                "POST",
                "/v2/databases",
                create.formatted("\"project_id\":\"" + victim.project() + "\""),
                422,
                "project_id");
        refused(
                intruder,
                "POST",
                "/v2/databases",
                create.formatted("\"private_network_uuid\":\"" + victim.network() + "\""),
                422,
                "private_network_uuid");
        refused(
                intruder,
                "POST",
                "/v2/apps",
                "{\"project_id\":\"" + victim.project() + "\",\"spec\":{\"name\":\"mine\",\"region\":\"nyc\"}}",
                400,
                "project_id");
        // Names are a team's own: the same ones are free here, and mean nothing else's.
        assertThat(intruder.api()
                        .body("{\"name\":\"" + victim.tag() + "\"}")
                        .post("/v2/tags")
                        .statusCode())
                .isEqualTo(201);
        String tagged =
                "{\"resources\":[{\"resource_id\":\"" + victim.cluster().id() + "\",\"resource_type\":\"database\"}]}";
        for (String method : List.of("POST", "DELETE")) {
            refused(intruder, method, "/v2/tags/" + victim.tag() + "/resources", tagged, 404, "cluster not found");
        }
        Response app =
                intruder.api().body("""
                        {"spec": {"name": "thief", "region": "nyc", "databases": [{"name": "db", "engine": "PG",
                          "production": true, "cluster_name": "%s", "db_name": "defaultdb", "db_user": "doadmin"}]}}""".formatted(victim.cluster().name())).post("/v2/apps");
        assertThat(app.statusCode()).as(app.asString()).isEqualTo(200);
        String thief = "/v2/apps/" + app.jsonPath().getString("app.id");
        assertThat(intruder.api().get(thief + "/database_connection_details").asString())
                .doesNotContain(victim.cluster().password());
        assertThat(Api.get(victim.cluster().path("/firewall")).jsonPath().getList("rules"))
                .isEmpty();
        assertThat(intruder.api()
                        .get("/mooring/v1/operations?cluster_id="
                                + victim.cluster().id())
                        .jsonPath()
                        .getList("operations"))
                .isEmpty();
        assertThat(intruder.api().delete(thief).statusCode()).isEqualTo(200);
        victim.assertUntouched();
    }

    private static void refused(TestTeam team, String method, String path, String body, int status, String word)
            throws Exception {
        Answer answer = Endpoints.send(method, path, team.token(), body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).contains(word);
    }
}
