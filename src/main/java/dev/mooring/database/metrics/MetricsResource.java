package dev.mooring.database.metrics;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Who may read metrics. The metrics themselves are at each cluster's {@code metrics_endpoints}. */
@Path("/v2/databases/metrics/credentials")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class MetricsResource {

    private static final int LONGEST = 128;

    private final MetricsCredentials credentials;
    private final Caller caller;

    MetricsResource(MetricsCredentials credentials, Caller caller) {
        this.credentials = credentials;
        this.caller = caller;
    }

    @Schema(name = "BasicAuthCredentials")
    public record BasicView(String basicAuthUsername, String basicAuthPassword) {}

    public record CredentialsEnvelope(BasicView credentials) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_CREDENTIALS)
    @Operation(
            summary = "User name and password for metrics",
            description = "For https://HOST:PORT/metrics of each cluster's metrics_endpoints.")
    public Uni<CredentialsEnvelope> get() {
        return credentials
                .of(caller.team())
                .map(basic ->
                        new CredentialsEnvelope(new BasicView(basic.basicAuthUsername(), basic.basicAuthPassword())));
    }

    @PUT
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Replace user name and password for metrics")
    public Uni<Void> replace(@Nullable CredentialsEnvelope wanted) {
        BasicView basic = wanted == null ? null : wanted.credentials();
        Problems problems = new Problems();
        check(problems, "basic_auth_username", basic == null ? null : basic.basicAuthUsername());
        check(problems, "basic_auth_password", basic == null ? null : basic.basicAuthPassword());
        problems.throwIfAny();
        Objects.requireNonNull(basic);
        return credentials.replace(
                caller.team(), new MetricsCredentials.Basic(basic.basicAuthUsername(), basic.basicAuthPassword()));
    }

    private static void check(Problems problems, String field, @Nullable String text) {
        problems.check(
                text != null && !text.isBlank() && text.length() <= LONGEST,
                "credentials." + field,
                "is required, at most " + LONGEST + " characters");
        problems.check(
                !field.endsWith("username") || text == null || text.indexOf(':') < 0,
                "credentials." + field,
                "must not contain a colon");
    }
}
