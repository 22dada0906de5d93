package dev.mooring.web.openapi;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;

/** The answers that are no success, by the rules that hold for all operations; each has a body that says what is wrong. */
final class ErrorAnswers {

    /** Whose next part of the path is an id or a name. */
    static final Pattern HAS_NAMES = Pattern.compile("(/v2|/mooring/v1)/(databases|apps)/\\{id}");

    private static final String DBOS_CLOUD = "/v1alpha1/";

    private enum Kind {
        BAD_REQUEST(
                "400",
                "BadRequest",
                "bad_request",
                "What was sent cannot be read: no JSON, or a number out of its range"),
        UNAUTHORIZED("401", "Unauthorized", "unauthorized", "There is no token, or it is not valid any more"),
        FORBIDDEN("403", "Forbidden", "forbidden", "The token lacks the scope"),
        NOT_FOUND("404", "NotFound", "not_found", "It is not there, or it is another team's"),
        CONFLICT("409", "Conflict", "conflict", "A name is taken or stands for several, or it takes ?force=true"),
        FAILED_PRECONDITION(
                "412", "FailedPrecondition", "failed_precondition", "Something else is under way; try again later"),
        TOO_LARGE("413", "TooLarge", "bad_request", "The body is too large"),
        UNPROCESSABLE(
                "422", "Unprocessable", "unprocessable_entity", "What was asked for breaks a rule, or is not possible"),
        FAILED_DEPENDENCY("424", "FailedDependency", "bad_request", "The database that it needs is not usable"),
        TOO_MANY_REQUESTS("429", "TooManyRequests", "too_many_requests", "More requests than the token may send"),
        OTHERWISE(
                "default",
                "Unexpected",
                "server_error",
                "Anything else; the log has the details under the request's id");

        private final String status;
        private final String component;
        private final String slug;
        private final String meaning;

        Kind(String status, String component, String slug, String meaning) {
            this.status = status;
            this.component = component;
            this.slug = slug;
            this.meaning = meaning;
        }
    }

    ErrorAnswers(Components components) {
        for (Kind kind : Kind.values()) {
            components.addResponse(kind.component, answer(kind, "Error", example(kind)));
            components.addResponse("Cloud" + kind.component, answer(kind, "CloudError", cloudExample(kind)));
        }
    }

    private static APIResponse answer(Kind kind, String schema, Map<String, Object> example) {
        APIResponse answer = OASFactory.createAPIResponse()
                .description(kind.meaning)
                .content(OASFactory.createContent()
                        .addMediaType(
                                "application/json",
                                OASFactory.createMediaType()
                                        .schema(OASFactory.createSchema().ref(schema))
                                        .example(example)));
        if (kind == Kind.TOO_MANY_REQUESTS) {
            answer.addHeader(
                    "retry-after",
                    OASFactory.createHeader()
                            .description("Seconds until the next request may come")
                            .schema(OASFactory.createSchema().addType(Schema.SchemaType.INTEGER)));
        }
        return answer;
    }

    private static Map<String, Object> example(Kind kind) {
        Map<String, Object> example = new LinkedHashMap<>();
        example.put("id", kind.slug);
        example.put("message", kind.meaning);
        example.put("request_id", "2a3c1ed4-7d4f-4f3a-9d7e-6f1f4a0c5b21");
        return example;
    }

    private static Map<String, Object> cloudExample(Kind kind) {
        Map<String, Object> example = new LinkedHashMap<>();
        example.put("message", kind.meaning);
        example.put("statusCode", kind == Kind.OTHERWISE ? 500 : Integer.parseInt(kind.status));
        example.put("requestID", "2a3c1ed4-7d4f-4f3a-9d7e-6f1f4a0c5b21");
        return example;
    }

    void declare(String path, HttpMethod method, Operation operation) {
        String prefix = path.startsWith(DBOS_CLOUD) ? "Cloud" : "";
        Map<String, APIResponse> answers =
                new TreeMap<>(operation.getResponses().getAPIResponses());
        for (Kind kind : kinds(path, method, operation)) {
            APIResponse said = answers.get(kind.status);
            if (said == null || said.getContent() == null) {
                answers.put(kind.status, OASFactory.createAPIResponse().ref(prefix + kind.component));
            }
        }
        APIResponses all = OASFactory.createAPIResponses();
        answers.forEach(all::addAPIResponse);
        operation.setResponses(all);
    }

    private static Set<Kind> kinds(String path, HttpMethod method, Operation operation) {
        Set<Kind> kinds = new TreeSet<>(Set.of(Kind.TOO_MANY_REQUESTS, Kind.OTHERWISE));
        boolean changes = method != HttpMethod.GET;
        if (operation.getSecurity() != null && !operation.getSecurity().isEmpty()) {
            kinds.addAll(Set.of(Kind.UNAUTHORIZED, Kind.FORBIDDEN));
        }
        if (operation.getParameters() != null && !operation.getParameters().isEmpty()) {
            kinds.add(Kind.BAD_REQUEST);
        }
        if (path.contains("{")) {
            kinds.add(Kind.NOT_FOUND);
        }
        if (operation.getRequestBody() != null) {
            kinds.addAll(Set.of(Kind.BAD_REQUEST, Kind.TOO_LARGE));
        }
        if (changes) {
            kinds.addAll(Set.of(Kind.CONFLICT, Kind.UNPROCESSABLE));
        }
        if (changes && path.contains("{")) {
            kinds.add(Kind.FAILED_PRECONDITION);
        }
        if (HAS_NAMES.matcher(path).lookingAt()) {
            kinds.addAll(Set.of(Kind.CONFLICT, Kind.FAILED_PRECONDITION, Kind.UNPROCESSABLE));
        }
        if (path.startsWith(DBOS_CLOUD)) {
            kinds.add(Kind.FAILED_DEPENDENCY);
        }
        return kinds;
    }
}
