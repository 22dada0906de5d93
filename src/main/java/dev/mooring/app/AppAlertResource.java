package dev.mooring.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppId;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.spec.Alert;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The alerts of a spec, and whom they are for. This version of Mooring keeps them and sends nothing. */
@Path("/v2/apps/{id}/alerts")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Apps")
public class AppAlertResource {

    private final AppQueries reads;
    private final Deployments deployments;
    private final Pool pool;
    private final ObjectMapper mapper;

    AppAlertResource(AppQueries reads, Deployments deployments, Pool pool, ObjectMapper mapper) {
        this.reads = reads;
        this.deployments = deployments;
        this.pool = pool;
        this.mapper = mapper;
    }

    @Schema(name = "AppAlert")
    public record AlertView(
            UUID id,
            @Nullable String componentName,
            Alert spec,
            List<String> emails,
            List<Webhook> slackWebhooks,
            @Schema(description = "PENDING: kept, not sent") String phase) {}

    public record Webhook(String url, String channel) {}

    public record Destinations(List<String> emails, List<Webhook> slackWebhooks) {}

    public record AlertList(List<AlertView> alerts) {}

    public record AlertEnvelope(AlertView alert) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List alerts", description = "They are kept; this version of Mooring sends none.")
    public Uni<AlertList> list(String id) {
        return reads.app(id).chain(this::alerts).map(AlertList::new);
    }

    @POST
    @Path("{alert}/destinations")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Set whom an alert is for")
    public Uni<AlertEnvelope> destinations(String id, String alert, @Nullable Destinations wanted) {
        return reads.app(id)
                .chain(app -> find(app, alert)
                        .chain(found -> pool.preparedQuery(
                                        "insert into app_alert (app, id, emails, slack_webhooks) select id, $2, $3, $4"
                                                + " from app where id = $1 and deleted_at is null for key share"
                                                + " on conflict (app, id) do update set emails = excluded.emails,"
                                                + " slack_webhooks = excluded.slack_webhooks")
                                .execute(Tuple.of(
                                        app.id,
                                        found.id(),
                                        json(wanted == null || wanted.emails() == null ? List.of() : wanted.emails()),
                                        json(
                                                wanted == null || wanted.slackWebhooks() == null
                                                        ? List.of()
                                                        : wanted.slackWebhooks()))))
                        .invoke(rows -> {
                            if (rows.rowCount() == 0) {
                                throw AppId.notFound();
                            }
                        })
                        .chain(() -> find(app, alert)))
                .map(AlertEnvelope::new);
    }

    private Uni<AlertView> find(App app, String alert) {
        return alerts(app)
                .map(all -> all.stream()
                        .filter(candidate -> candidate.id().toString().equals(alert))
                        .findFirst()
                        .orElseThrow(() -> ApiException.notFound("alert not found")));
    }

    private Uni<List<AlertView>> alerts(App app) {
        return pool.preparedQuery("select id, emails, slack_webhooks from app_alert where app = $1")
                .execute(Tuple.of(app.id))
                .map(rows -> {
                    Map<UUID, Destinations> known = new HashMap<>();
                    rows.forEach(row -> known.put(
                            row.getUUID(0),
                            new Destinations(
                                    List.of(read(row.getString(1), String[].class)),
                                    List.of(read(row.getString(2), Webhook[].class)))));
                    AppSpec spec = deployments.spec(app);
                    List<AlertView> alerts = new ArrayList<>();
                    add(alerts, app, null, spec.alerts(), known);
                    spec.parts()
                            .forEach(part -> add(
                                    alerts, app, part.name(), part.component().alerts(), known));
                    return alerts;
                });
    }

    private static void add(
            List<AlertView> alerts,
            App app,
            @Nullable String component,
            @Nullable List<Alert> specs,
            Map<UUID, Destinations> known) {
        for (Alert spec : specs == null ? List.<Alert>of() : specs) {
            UUID id = UUID.nameUUIDFromBytes(
                    (app.id + "/" + component + "/" + spec.rule()).getBytes(StandardCharsets.UTF_8));
            Destinations destinations = known.getOrDefault(id, new Destinations(List.of(), List.of()));
            alerts.add(
                    new AlertView(id, component, spec, destinations.emails(), destinations.slackWebhooks(), "PENDING"));
        }
    }

    private String json(Object value) {
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private <T> T read(String json, Class<T> type) {
        try {
            return mapper.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored destinations cannot be read: " + e.getOriginalMessage());
        }
    }
}
