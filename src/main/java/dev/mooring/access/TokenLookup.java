package dev.mooring.access;

import dev.mooring.time.Deadline;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Finds who a token belongs to. An answer is remembered for a few seconds, because every request asks; a token that is
 * revoked here is forgotten at once, one revoked through another replica within that time.
 */
@ApplicationScoped
public class TokenLookup {

    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final int MOST = 10_000;

    private final Pool pool;
    private final Clock clock;
    private final Map<ByteBuffer, Known> known = new ConcurrentHashMap<>();
    private final AtomicLong forgotten = new AtomicLong();

    /** @param until null for a token that does not end by itself */
    private record Known(
            SecurityIdentity identity,
            Deadline fresh,
            @Nullable OffsetDateTime until) {
        boolean holds(OffsetDateTime now) {
            return !fresh.passed() && (until == null || now.isBefore(until));
        }
    }

    TokenLookup(Pool pool, Clock clock) {
        this.pool = pool;
        this.clock = clock;
    }

    /** What {@link #identity} reads, of {@code access_token a} and {@code team t}. */
    public static final String IDENTITY = "a.id, a.team, a.name as token_name, a.scopes, a.user_name, a.created_at,"
            + " a.expires_at, t.name, t.administers";

    /** Null for a token that nobody has. */
    public Uni<SecurityIdentity> find(String token) {
        byte[] hash = TokenText.hash(token);
        // Tokens themselves are kept nowhere, in memory neither.
        ByteBuffer key = ByteBuffer.wrap(hash);
        Known remembered = known.get(key);
        if (remembered != null && remembered.holds(OffsetDateTime.now(clock))) {
            return Uni.createFrom().item(remembered.identity());
        }
        long asked = forgotten.get();
        return pool.preparedQuery(
                        "select " + IDENTITY
                                + " from access_token a join team t on t.id = a.team where a.hash = $1 and (a.expires_at is null or a.expires_at > now())")
                .execute(Tuple.of(Buffer.buffer(hash)))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        known.remove(key);
                        return null;
                    }
                    var row = rows.iterator().next();
                    SecurityIdentity identity = identity(row).build();
                    if (known.size() > MOST) {
                        known.clear();
                    }
                    if (asked == forgotten.get()) {
                        known.put(key, new Known(identity, Deadline.in(FRESH), row.getOffsetDateTime("expires_at")));
                    }
                    return identity;
                });
    }

    /** Whose token a row of {@link #IDENTITY} is. */
    public static QuarkusSecurityIdentity.Builder identity(Row row) {
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(row.getUUID("id").toString()))
                .addAttribute(Caller.TEAM, row.getUUID("team"))
                .addAttribute(Caller.TOKEN, row.getUUID("id"))
                .addAttribute(Caller.ORGANIZATION, row.getString("name"))
                .addAttribute(Caller.USER, row.getString("user_name"))
                .addAttribute(Caller.TOKEN_NAME, row.getString("token_name"))
                .addAttribute(Caller.SCOPES, List.of(row.getString("scopes").split(" ")))
                .addAttribute(Caller.CREATED, row.getOffsetDateTime("created_at"))
                .addAttribute(Caller.EXPIRES, row.getOffsetDateTime("expires_at"))
                .addRoles(Scopes.expand(row.getString("scopes"), row.getBoolean("administers")));
    }

    /** Whether the token is still there and has not ended: for who has answered it for a while. */
    public Uni<Boolean> valid(UUID token) {
        return pool.preparedQuery("select exists (select from access_token where id = $1"
                        + " and (expires_at is null or expires_at > now()))")
                .execute(Tuple.of(token))
                .map(rows -> rows.iterator().next().getBoolean(0));
    }

    public void forgetAll() {
        forgotten.incrementAndGet();
        known.clear();
    }
}
