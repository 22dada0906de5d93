package dev.mooring.app.log;

import dev.mooring.access.TokenLookup;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Links to logs, for clients that fetch them without their token: what a link allows, and until when, is sealed in it. */
@ApplicationScoped
public class AppLogLinks {

    private static final Duration VALID = Duration.ofMinutes(15);

    private final Vault vault;
    private final TokenLookup tokens;
    private final Clock clock;

    AppLogLinks(Vault vault, TokenLookup tokens, Clock clock) {
        this.vault = vault;
        this.tokens = tokens;
        this.clock = clock;
    }

    /** Which logs. */
    @Schema(name = "AppLogType")
    public enum Type {
        BUILD(List.of("fetch-", "build-")),
        DEPLOY(List.of("run-job-")),
        RUN(List.of("service-", "worker-")),
        /** Nothing scales by itself here: there is such a log, and nothing in it. */
        AUTOSCALE_EVENT(List.of());

        private final List<String> prefixes;

        Type(List<String> prefixes) {
            this.prefixes = prefixes;
        }

        public boolean includes(String work) {
            return prefixes.stream().anyMatch(work::startsWith);
        }

        /** @throws ApiException 400 */
        static Type of(@Nullable String text) {
            return switch (text == null ? "" : text.toUpperCase(Locale.ROOT)) {
                case "", "UNSPECIFIED", "RUN", "RUN_RESTARTED" -> RUN;
                case "BUILD" -> BUILD;
                case "DEPLOY", "JOB_INVOCATION" -> DEPLOY;
                case "AUTOSCALE_EVENT" -> AUTOSCALE_EVENT;
                default ->
                    throw ApiException.badRequest("type: " + text
                            + " must be BUILD, DEPLOY, RUN, RUN_RESTARTED, AUTOSCALE_EVENT or JOB_INVOCATION");
            };
        }
    }

    /**
     * What is to be read.
     *
     * @param token that asked for the link, which holds no longer than the token does
     * @param component null for every one
     * @param lines how many of the last ones; null or negative for all
     */
    record Wanted(
            UUID token,
            UUID app,
            UUID deployment,
            @Nullable String component,
            Type type,
            @Nullable Integer lines) {

        /** Names of work end with the component's name, and with a number where there are several processes. */
        public boolean includes(String work) {
            return type.includes(work)
                    && (component == null
                            || component.isBlank()
                            || work.matches("(?:(?:fetch|build|run)-)?(?:service|worker|job)-"
                                    + Pattern.quote(component) + "(?:-\\d+)?"));
        }
    }

    /** @param path of the resource that reads it, to the end of which the sealed part is put */
    String make(URI base, String path, Wanted wanted) {
        JsonObject allowed = new JsonObject()
                .put("token", wanted.token().toString())
                .put("app", wanted.app().toString())
                .put("deployment", wanted.deployment().toString())
                .put("component", wanted.component())
                .put("type", wanted.type().name())
                .put("lines", wanted.lines())
                .put("until", clock.instant().plus(VALID).getEpochSecond());
        String sealed = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(vault.seal(allowed.encode()).getBytes(StandardCharsets.UTF_8));
        return base.resolve(path) + sealed;
    }

    /** @throws ApiException 404 for a link that is none, or over: who has none learns nothing */
    Uni<Wanted> open(String sealed) {
        Wanted wanted = unseal(sealed);
        return holds(wanted).map(valid -> {
            if (!valid) {
                throw over();
            }
            return wanted;
        });
    }

    /** Whether its token is still valid. */
    Uni<Boolean> holds(Wanted wanted) {
        return tokens.valid(wanted.token());
    }

    private Wanted unseal(String sealed) {
        try {
            JsonObject allowed = new JsonObject(
                    vault.unseal(new String(Base64.getUrlDecoder().decode(sealed), StandardCharsets.UTF_8)));
            // One that an earlier version made says nothing of a token.
            if (allowed.containsKey("token") && clock.instant().getEpochSecond() < allowed.getLong("until")) {
                return new Wanted(
                        UUID.fromString(allowed.getString("token")),
                        UUID.fromString(allowed.getString("app")),
                        UUID.fromString(allowed.getString("deployment")),
                        allowed.getString("component"),
                        Type.valueOf(allowed.getString("type")),
                        allowed.getInteger("lines"));
            }
        } catch (IllegalArgumentException | IllegalStateException e) {
            // Answered like a link that is over.
        }
        throw over();
    }

    private static ApiException over() {
        return ApiException.notFound("this link is not, or no longer, valid: ask for another one");
    }
}
