package dev.mooring.app;

import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.runtime.Work;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.json.JsonObject;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Logs as plain text, for who has a link: clients fetch them without their token. What a link allows is sealed in it. */
@Path("/mooring/v1/logs")
@Tag(name = "App logs")
public class AppLogLinks {

    private static final Duration VALID = Duration.ofMinutes(15);
    private static final int MOST_BYTES = 4 << 20;

    private final RunningApps apps;
    private final Vault vault;

    AppLogLinks(RunningApps apps, Vault vault) {
        this.apps = apps;
        this.vault = vault;
    }

    /** Which logs. */
    enum Type {
        BUILD(List.of("fetch-", "build-")),
        DEPLOY(List.of("run-job-")),
        RUN(List.of("service-", "worker-"));

        private final List<String> prefixes;

        Type(List<String> prefixes) {
            this.prefixes = prefixes;
        }
    }

    static Type type(String text) {
        String name = text == null ? "" : text.toUpperCase(Locale.ROOT);
        return switch (name) {
            case "", "UNSPECIFIED", "RUN", "RUN_RESTARTED" -> Type.RUN;
            case "BUILD" -> Type.BUILD;
            case "DEPLOY", "JOB_INVOCATION" -> Type.DEPLOY;
            default ->
                throw ApiException.badRequest(
                        "type: " + text + " must be BUILD, DEPLOY, RUN, RUN_RESTARTED or JOB_INVOCATION");
        };
    }

    /** @param lines how many of the last ones; null or negative for all */
    String make(URI base, UUID app, UUID deployment, String component, Type type, Integer lines) {
        JsonObject allowed = new JsonObject()
                .put("app", app.toString())
                .put("deployment", deployment.toString())
                .put("component", component)
                .put("type", type.name())
                .put("lines", lines)
                .put("until", Instant.now().plus(VALID).getEpochSecond());
        String sealed = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(vault.seal(allowed.encode()).getBytes(StandardCharsets.UTF_8));
        return base.resolve("/mooring/v1/logs/" + sealed).toString();
    }

    @GET
    @Path("{link}")
    @Produces(MediaType.TEXT_PLAIN)
    @PermitAll
    @RunOnVirtualThread
    @Operation(summary = "The logs behind a link", description = "For 15 minutes, without a token.")
    public String read(String link) throws IOException {
        JsonObject allowed = open(link);
        UUID app = UUID.fromString(allowed.getString("app"));
        UUID deployment = UUID.fromString(allowed.getString("deployment"));
        String component = allowed.getString("component");
        Type type = Type.valueOf(allowed.getString("type"));
        java.nio.file.Path works = apps.folder(app).deployment(deployment).resolve("work");
        if (!Files.isDirectory(works)) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        try (var folders = Files.list(works)) {
            for (java.nio.file.Path folder : folders.sorted().toList()) {
                String name = folder.getFileName().toString();
                if (type.prefixes.stream().anyMatch(name::startsWith) && of(component, name)) {
                    String log = Work.tail(new Work(folder, apps.account()).log(), MOST_BYTES);
                    log.lines()
                            .forEach(line ->
                                    text.append(name).append(' ').append(line).append('\n'));
                }
            }
        }
        return last(text.toString(), allowed.getInteger("lines"));
    }

    private JsonObject open(String link) {
        try {
            JsonObject allowed = new JsonObject(
                    vault.unseal(new String(Base64.getUrlDecoder().decode(link), StandardCharsets.UTF_8)));
            if (Instant.now().getEpochSecond() < allowed.getLong("until")) {
                return allowed;
            }
        } catch (IllegalArgumentException | IllegalStateException e) {
            // Answered like a link that is over: who has none learns nothing.
        }
        throw ApiException.notFound("this link is not, or no longer, valid: ask for another one");
    }

    /** Names of work end with the component's name, and with a number where there are several processes. */
    private static boolean of(String component, String work) {
        return component == null
                || component.isBlank()
                || work.matches("(?:(?:fetch|build|run)-)?(?:service|worker|job)-"
                        + java.util.regex.Pattern.quote(component) + "(?:-\\d+)?");
    }

    private static String last(String text, Integer lines) {
        if (lines == null || lines < 0) {
            return text;
        }
        List<String> all = text.lines().toList();
        return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()))
                + (all.isEmpty() ? "" : "\n");
    }
}
