package dev.mooring.web.openapi;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What generators of clients, and people, need of the API's own description. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class DescriptionTest {

    private static final Pattern IN_PATH = Pattern.compile("\\{(\\w+)}");
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

    private record Operation(String method, String path, JsonNode node) {
        @Override
        public String toString() {
            return method + " " + path;
        }

        JsonNode answer(String status) {
            return node.path("responses").path(status);
        }
    }

    private static JsonNode document() throws Exception {
        return new ObjectMapper().readTree(given().get("/q/openapi?format=json").asString());
    }

    private static List<Operation> operations(JsonNode document) {
        List<Operation> all = new ArrayList<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().stream()
                        .filter(method -> METHODS.contains(method.getKey()))
                        .forEach(method -> all.add(new Operation(method.getKey(), path.getKey(), method.getValue()))));
        assertThat(all).hasSizeGreaterThan(150);
        return all;
    }

    private static JsonNode resolved(JsonNode document, JsonNode node) {
        return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
    }

    @Test
    void everyOperationHasAnIdOfItsOwn() throws Exception {
        Map<String, List<Operation>> byId = operations(document()).stream()
                .collect(Collectors.groupingBy(
                        operation -> operation.node().path("operationId").asText()));
        assertThat(byId.keySet()).allMatch(id -> id.matches("[a-z][a-z0-9_]+"));
        assertThat(byId.values()).allSatisfy(same -> assertThat(same).hasSize(1));
        // These are what generated clients are called by: whoever changes the rule breaks them.
        assertThat(byId)
                .containsKeys(
                        "databases_list",
                        "databases_create",
                        "databases_get",
                        "databases_config_change",
                        "databases_resize",
                        "databases_pools_replace",
                        "apps_deployments_create",
                        "mooring_databases_drills",
                        "mooring_operations_retry",
                        "dbos_applications_list");
    }

    @Test
    void everyParameterIsDeclared() throws Exception {
        JsonNode document = document();
        for (Operation operation : operations(document)) {
            Set<String> declared = new TreeSet<>();
            operation.node().path("parameters").forEach(parameter -> {
                JsonNode found = resolved(document, parameter);
                assertThat(found.path("schema").isObject())
                        .as("%s: %s", operation, found)
                        .isTrue();
                declared.add(
                        found.path("in").asText() + " " + found.path("name").asText());
            });
            Matcher inPath = IN_PATH.matcher(operation.path());
            while (inPath.find()) {
                assertThat(declared).as("%s", operation).contains("path " + inPath.group(1));
            }
        }
        assertThat(document.at("/paths/~1v2~1databases/get/parameters").toString())
                .contains("#/components/parameters/Page", "#/components/parameters/PerPage");
    }

    @Test
    void everyErrorThatExistsIsThereWithItsBody() throws Exception {
        JsonNode document = document();
        for (Operation operation : operations(document)) {
            boolean changes = !operation.method().equals("get");
            Set<String> expected = new TreeSet<>(Set.of("429", "default"));
            if (operation.node().path("security").size() > 0) {
                expected.addAll(Set.of("401", "403"));
            }
            if (operation.path().contains("{")) {
                expected.add("404");
            }
            if (changes) {
                expected.addAll(Set.of("409", "422"));
            }
            if (changes && operation.path().contains("{id}")) {
                expected.add("412");
            }
            if (operation.node().has("requestBody")) {
                expected.addAll(Set.of("400", "413"));
            }
            if (operation.path().equals("/mooring/v1/mcp")) {
                // What is no message of its protocol is refused in the protocol's own form.
                expected.remove("400");
                assertThat(operation
                                .answer("400")
                                .at("/content/application~1json/schema/$ref")
                                .asText())
                        .isEqualTo("#/components/schemas/McpAnswer");
            }
            for (String status : expected) {
                JsonNode answer = resolved(document, operation.answer(status));
                JsonNode schema = answer.at("/content/application~1json/schema/$ref");
                assertThat(schema.asText())
                        .as("%s %s", operation, status)
                        .isEqualTo("#/components/schemas/"
                                + (operation.path().startsWith("/v1alpha1/") ? "CloudError" : "Error"));
            }
        }
    }

    @Test
    void everyReferenceLeadsSomewhereAndNoNameIsAnAccident() throws Exception {
        JsonNode document = document();
        document.findValuesAsText("$ref")
                .forEach(reference -> assertThat(
                                document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
        document.at("/components/schemas")
                .fieldNames()
                .forEachRemaining(name -> assertThat(name)
                        .as("two classes of that name: give one a name of its own")
                        .doesNotMatch(".*[a-z]\\d"));
    }

    @Test
    void theExamplesWork() throws Exception {
        JsonNode document = document();
        String name = Api.uniqueName();
        Response created = Api.post(
                "/v2/databases",
                example(document, "/paths/~1v2~1databases/post").replace("orders", name));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        assertThat(Api.post("/v2/apps/propose", example(document, "/paths/~1v2~1apps/post"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(Api.post("/mooring/v1/tokens", example(document, "/paths/~1mooring~1v1~1tokens/post"))
                        .statusCode())
                .isEqualTo(201);
        assertThat(Api.delete("/v2/databases/" + created.jsonPath().getString("database.id"))
                        .statusCode())
                .isEqualTo(204);
    }

    private static String example(JsonNode document, String operation) {
        JsonNode example = document.at(operation + "/requestBody/content/application~1json/example");
        assertThat(example.isObject()).as(operation).isTrue();
        return example.toString();
    }
}
