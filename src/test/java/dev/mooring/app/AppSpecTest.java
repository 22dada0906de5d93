package dev.mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Specs that are accepted, and everything that is wrong with those that are not. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AppSpecTest {

    private static Response propose(String spec) {
        return Api.post("/v2/apps/propose", "{\"spec\":" + spec + "}");
    }

    private static String refused(String spec) {
        Response answer = propose(spec);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("id")).isEqualTo("bad_request");
        return answer.jsonPath().getString("message");
    }

    @Test
    void everyProblemIsNamedAtOnceWithItsPathItsValueAndItsRule() {
        String message = refused("""
                {"name":"Bad_Name","region":"moon","features":"none","envs":[{"key":"1X","value":"v"},{"key":"A","scope":"NEVER"}],
                 "services":[{"name":"web","git":{"repo_clone_url":"--upload-pack=x"},"http_port":70000,"instance_count":"two",
                   "instance_size_slug":"huge","source_dir":"../../etc","autoscaling":{"min_instance_count":5,"max_instance_count":2}},
                   {"name":"web","git":{"repo_clone_url":"https://example.com/x.git"},"log_destinations":[{"name":"x"}]}],
                 "static_sites":[{"name":"site","git":{"repo_clone_url":"https://example.com/x.git"},"run_command":"x"}],
                 "jobs":[{"name":"j","kind":"SCHEDULED","git":{"repo_clone_url":"https://example.com/x.git"},"timeout":"soon"}],
                 "databases":[{"name":"web","engine":"PG","version":"9"},{"name":"m","engine":"MYSQL"},{"name":"p","production":true}],
                 "ingress":{"rules":[{"component":{"name":"nobody"}},{"redirect":{"redirect_code":200}}]}}""");
        assertThat(message)
                .startsWith("error validating app spec: ")
                .contains("name: Bad_Name must have 2 to 32")
                .contains("region: moon must be one of")
                .contains("features: \"none\" must be a list")
                .contains("envs[0].key: 1X must have letters")
                .contains("envs[1].scope: \"NEVER\" must be one of UNSET, RUN_TIME")
                .contains("services[0].git.repo_clone_url: --upload-pack=x must be a URL")
                .contains("services[0].http_port: 70000 must be 1 to 65535")
                .contains("services[0].instance_count: \"two\" must be a whole number")
                .contains("services[0].instance_size_slug: huge is no instance size")
                .contains("services[0].source_dir: ../../etc must stay inside the repository")
                .contains("services[0].autoscaling.min_instance_count: 5 must not be above")
                .contains("services[0].name: web is already that of databases[0]")
                .contains("services[1].name: web is already that of services[0]")
                .contains("services[1].log_destinations[0]: must have one of papertrail")
                .contains("static_sites[0].run_command: static sites run nothing")
                .contains("jobs[0].schedule: is required")
                .contains("jobs[0].timeout: soon must be a duration")
                .contains("databases[0].version: 9 must be one of 13")
                .contains("databases[1].engine: MYSQL is not available")
                .contains("databases[2].cluster_name: is required")
                .contains("ingress.rules[0].component.name: nobody is no component")
                .contains("ingress.rules[1].redirect.redirect_code: 200 must be one of");
    }

    @Test
    void theGuidesExamplesAreAccepted() {
        Response curl = Api.post("/v2/apps/propose", GuideExamples.curl(AppApi.uniqueName(), "plain"));
        assertThat(curl.statusCode()).as(curl.asString()).isEqualTo(200);
        Response pydo = Api.post("/v2/apps/propose", GuideExamples.pydo(AppApi.uniqueName()));
        assertThat(pydo.statusCode()).as(pydo.asString()).isEqualTo(200);
        assertThat(pydo.jsonPath().getList("warnings", String.class))
                .anyMatch(warning -> warning.contains("there is no database cluster named cluster_name"))
                .anyMatch(warning -> warning.contains("has 2 sources"));
    }

    @Test
    void whatIsNullOrStandsAloneComesBackInTheFormThatClientsRead() {
        Response answer = propose("""
                {"name":"%s","region":null,"jobs":{},"workers":null,"features":null,
                 "services":{"name":"web","git":{"repo_clone_url":"https://example.com/x.git","branch":null},
                  "envs":{"key":"A","value":null},"cors":null}}""".formatted(AppApi.uniqueName()));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getMap("spec")).containsOnlyKeys("name", "jobs", "services");
        assertThat(answer.jsonPath().getList("spec.jobs")).isEmpty();
        assertThat(answer.jsonPath().getMap("spec.services[0]")).containsOnlyKeys("name", "git", "envs");
        assertThat(answer.jsonPath().getMap("spec.services[0].git")).containsOnlyKeys("repo_clone_url");
        assertThat(answer.jsonPath().getMap("spec.services[0].envs[0]")).containsOnlyKeys("key");
    }

    @Test
    void aSecretOfAnotherAppIsRefused() {
        Response answer =
                Api.post("/v2/apps/propose", GuideExamples.curl(AppApi.uniqueName(), GuideExamples.FOREIGN_SECRET));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("message"))
                .contains("envs[0].value: was encrypted for another app")
                .doesNotContain("EV[");
    }

    @Test
    void aProposalTellsNameAndWarningsAndStoresNothing() {
        String name = AppApi.uniqueName();
        Response answer = propose("""
                {"name":"%s","region":"nyc","services":[{"name":"web","git":{"repo_clone_url":"https://example.com/x.git"},
                 "envs":[{"key":"A","value":"${db.DATABASE_URL}"},{"key":"B","value":"${dv.DATABASE_URL}"},
                  {"key":"C","value":"${db.pool.NOTHING}${db.pool.DATABASE_URL}"},{"key":"D","value":"${db.DATABASE_URL}","scope":"BUILD_TIME"}]}],
                 "databases":[{"name":"db","engine":"PG"}]}""".formatted(name));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getBoolean("app_name_available")).isTrue();
        assertThat(answer.jsonPath().getList("warnings", String.class))
                .containsExactlyInAnyOrder(
                        "services[0].envs[1].value: ${dv.DATABASE_URL} refers to nothing and stays as it is",
                        "services[0].envs[2].value: ${db.pool.NOTHING} refers to nothing and stays as it is",
                        "services[0].envs[3].value: ${db.DATABASE_URL} is there at run time only and stays as it is");
        assertThat(Api.get("/v2/apps?per_page=200").asString()).doesNotContain(name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{\"A\":\"${A}\"} | A → A", "{\"A\":\"x${B}\",\"B\":\"${C}${C}\",\"C\":\"${A}\"} | A → B → C → A"})
    void referencesInACircleAreRefused(String variables, String circle) {
        String envs = io.restassured.path.json.JsonPath.from(variables).<String, String>getMap("").entrySet().stream()
                .map(entry -> "{\"key\":\"" + entry.getKey() + "\",\"value\":\"" + entry.getValue() + "\"}")
                .collect(Collectors.joining(","));
        assertThat(refused("{\"name\":\"circle\",\"envs\":[" + envs + "]}")).contains("refers to itself: " + circle);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"spec\":[]}",
                "{\"spec\":null}",
                "{\"spec\":{\"name\":\"twice\",\"name\":\"twice\"}}",
                "{\"spec\":{\"services\":{}}}",
                "{\"spec\":{\"services\":[null]}}",
                "{\"spec\":{\"envs\":[[[[]]]]}}",
                "{\"spec\":{\"name\":\"\\u0000\"}}"
            })
    void whatIsNoSpecIsTheCallersFault(String body) {
        Response answer = Api.post("/v2/apps", body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("message")).startsWith("error ");
    }

    @Test
    void whatIsTooLongTooMuchOrTooDeepIsRefusedWithTheLimit() {
        String long1 = "{\"name\":\"long\",\"envs\":[{\"key\":\"A\",\"value\":\"" + "x".repeat(1_000_000) + "\"}]}";
        assertThat(refused(long1)).contains("at most 524288 characters");
        String many = IntStream.range(0, 500)
                .mapToObj(i -> "{\"name\":\"w" + i + "\",\"git\":{\"repo_clone_url\":\"https://example.com/x.git\"}}")
                .collect(Collectors.joining(","));
        assertThat(refused("{\"name\":\"many\",\"workers\":[" + many + "]}"))
                .contains("may have at most 200 components, has 500");
        String deep = "{\"a\":".repeat(2000) + "1" + "}".repeat(2000);
        assertThat(refused("{\"name\":\"deep\",\"x\":" + deep + "}")).contains("nesting depth");
    }

    @Test
    void theCharacterThatNoProcessCanBeGivenIsRefusedWhereverItIs() {
        assertThat(refused("""
                {"name":"nul","envs":[{"key":"A","value":"x\\u0000y"}],"workers":[{"name":"w","run_command":"true\\u0000",
                 "git":{"repo_clone_url":"https://example.com/x.git"}}]}"""))
                .contains("envs[0].value: must not hold the character NUL")
                .contains("workers[0].run_command: must not hold the character NUL");
    }

    @Test
    void yamlIsRead() {
        String spec = """
                name: yaml-app
                region: nyc
                databases:
                - engine: PG
                  name: db-example
                  version: "16"
                """;
        Response answer = AppApi.yaml("/v2/apps/propose", spec);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getString("spec.databases[0].version")).isEqualTo("16");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
                "name: x1\nversion: 16: 17\n",
                "- a\n- b\n",
                "{{{{",
                "databases:\n- name: db\n  version: 16\nname: unquoted\n"
            })
    void yamlThatIsNoSpecIsRefused(String body) {
        Response answer = AppApi.yaml("/v2/apps/propose", body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(400);
    }

    @Test
    void whatIsNotDoneYetSaysSo() {
        Response answer = Api.post("/v2/apps/detect", "{}");
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.asString()).contains("is not available in this version of Mooring");
    }

    @Test
    void theCatalogueIsThere() {
        assertThat(Api.get("/v2/apps/regions").jsonPath().getList("regions.slug", String.class))
                .contains("nyc", "ams");
        assertThat(Api.get("/v2/apps/tiers/instance_sizes/apps-s-1vcpu-0.5gb")
                        .jsonPath()
                        .getString("instance_size.memory_bytes"))
                .isEqualTo("536870912");
        assertThat(Api.get("/v2/apps/tiers/instance_sizes/none").statusCode()).isEqualTo(404);
    }
}
