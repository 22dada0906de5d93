package dev.mooring.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.pgclient.PgException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.core.CurrentRequestManager;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jspecify.annotations.Nullable;

/** Every exception as the API's error body. */
public class ErrorMappers {

    /** Of who reads bodies that do not say their length; it has no class of its own. */
    private static final String TOO_LARGE = "Request too large";

    private static final Logger LOG = Logger.getLogger(ErrorMappers.class);

    /** character_not_in_repertoire, untranslatable_character. */
    private static final Set<String> NOT_STORABLE = Set.of("22021", "22P05");

    private static final String FOREIGN_KEY_VIOLATION = "23503";
    /** As PostgreSQL says it where a row is new; what is said of one that others point to begins otherwise. */
    private static final Pattern GONE = Pattern.compile(
            "insert or update on table \"(\\w+)\" violates foreign key constraint \"\\1_(\\w+?)(?:_id)?_fkey");

    private final RequestId requestId;

    ErrorMappers(RequestId requestId) {
        this.requestId = requestId;
    }

    @ServerExceptionMapper
    public Response api(ApiException e) {
        return answer(e.status(), e.getMessage());
    }

    @ServerExceptionMapper({AuthenticationFailedException.class, UnauthorizedException.class})
    public Response unauthorized(SecurityException e) {
        return answer(401, "Unable to authenticate you");
    }

    @ServerExceptionMapper
    public Response forbidden(ForbiddenException e) {
        return answer(403, "You are not authorized to perform this operation: " + detail(e));
    }

    private static String detail(ForbiddenException e) {
        return e.getMessage() == null ? "the token lacks the scope for it" : e.getMessage();
    }

    /** The narrower class is named too, because Quarkus has a mapper of its own for it. */
    @ServerExceptionMapper({JsonProcessingException.class, MismatchedInputException.class})
    public Response json(JsonProcessingException e) {
        return answer(400, "error parsing request body: " + explain(e));
    }

    private static String explain(JsonProcessingException e) {
        if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
            String path = mapping.getPath().stream()
                    .map(reference -> reference.getFieldName() == null
                            ? "[" + reference.getIndex() + "]"
                            : reference.getFieldName())
                    .collect(Collectors.joining("."))
                    .replace(".[", "[");
            return path + ": " + rule(e);
        }
        return rule(e);
    }

    /** What was expected, in the words of JSON; the parser's name the class that it had in mind. */
    private static String rule(JsonProcessingException e) {
        if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            Class<?> type = mismatch.getTargetType();
            boolean trailing = e.getOriginalMessage().startsWith("Trailing token");
            return trailing ? "nothing may follow the JSON" : "must be " + expected(type);
        }
        return e.getOriginalMessage().replaceFirst("(?s)\\(.*", "").strip();
    }

    private static String expected(Class<?> type) {
        if (type == String.class || type.isEnum()) {
            return "a text";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type == Integer.class || type == int.class || type == Long.class || type == long.class) {
            return "a whole number";
        }
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
            return "a number";
        }
        return Collection.class.isAssignableFrom(type) || type.isArray() ? "a list" : "an object";
    }

    @ServerExceptionMapper
    public Response web(WebApplicationException e) {
        if (e.getCause() instanceof JsonProcessingException json) {
            return json(json);
        }
        int status = e.getResponse().getStatus();
        if (status < 400) {
            return e.getResponse();
        }
        Response answer = answer(
                status,
                switch (status) {
                    case 404 -> "404 page not found";
                    case 400 -> "error parsing request body";
                    case 401 -> "Unable to authenticate you";
                    case 405 -> "this path does not have the method";
                    default -> e.getMessage();
                });
        return status == 405
                ? Response.fromResponse(answer)
                        .header(HttpHeaders.ALLOW, allowed(e))
                        .build()
                : answer;
    }

    private static String allowed(WebApplicationException e) {
        String said = e.getResponse().getHeaderString(HttpHeaders.ALLOW);
        ResteasyReactiveRequestContext request = CurrentRequestManager.get();
        return said != null
                ? said
                : String.join(", ", AllowedMethods.of(request.getDeployment(), request.getPathWithoutPrefix()));
    }

    @ServerExceptionMapper
    public Response unexpected(Exception e) {
        if (holdsNul(e)) {
            return answer(422, "a text holds the character NUL, which cannot be stored");
        }
        String gone = gone(e);
        if (gone != null) {
            LOG.warnf(e, "request %s needs a row of %s that was deleted meanwhile", requestId.value(), gone);
            return answer(409, "the " + gone + " that this needs was deleted meanwhile");
        }
        if (e instanceof IOException && TOO_LARGE.equals(e.getMessage())) {
            // Whoever counted has answered and is hanging up: a body of ours would be written after the end.
            LOG.debugf("the body of request %s has more than it may", requestId.value());
            return Response.status(413).build();
        }
        if (e instanceof IOException && requestId.answered()) {
            LOG.debugf(e, "whoever sent request %s has left", requestId.value());
            return Response.status(500).build();
        }
        LOG.errorf(e, "request %s failed", requestId.value());
        return answer(500, "Server error; the log has the details under request " + requestId.value());
    }

    /** The kind of what a new row points to that is not there any more. */
    private static @Nullable String gone(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (FOREIGN_KEY_VIOLATION.equals(state(cause))) {
                Matcher parent = GONE.matcher(cause.getMessage());
                return parent.find() ? parent.group(2).replace('_', ' ') : null;
            }
        }
        return null;
    }

    /** SQLSTATE of a refusal. */
    private static @Nullable String state(Throwable failure) {
        return failure instanceof PgException refused
                ? refused.getSqlState()
                : failure instanceof SQLException refused ? refused.getSQLState() : null;
    }

    /** PostgreSQL stores every character but this one; no member of a request may hold it. */
    private static boolean holdsNul(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String state = state(cause);
            if (state != null && NOT_STORABLE.contains(state)) {
                return true;
            }
        }
        return false;
    }

    private Response answer(int status, @Nullable String said) {
        String message = Objects.requireNonNullElse(said, ApiException.slug(status));
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON + ";charset=utf-8")
                .entity(
                        requestId.path().startsWith(CloudError.PATHS)
                                ? new CloudError(message, status, requestId.value())
                                : new ErrorBody(ApiException.slug(status), message, requestId.value()))
                .build();
    }
}
