package dev.mooring.access;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds who a token belongs to. An answer is remembered for a few seconds, because every request asks; a token that is
 * revoked here is forgotten at once, one revoked through another replica within that time.
 */
@ApplicationScoped
public class TokenLookup {

    private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();
    private static final int MOST = 10_000;

    private final Pool pool;
    private final Map<ByteBuffer, Known> known = new ConcurrentHashMap<>();

    private record Known(SecurityIdentity identity, long since) {}

    TokenLookup(Pool pool) {
        this.pool = pool;
    }

    /** Null for a token that nobody has. */
    Uni<SecurityIdentity> find(String token) {
        byte[] hash = TokenText.hash(token);
        // Tokens themselves are kept nowhere, in memory neither.
        ByteBuffer key = ByteBuffer.wrap(hash);
        Known remembered = known.get(key);
        if (remembered != null && System.nanoTime() - remembered.since() < FRESH_NANOS) {
            return Uni.createFrom().item(remembered.identity());
        }
        return pool.preparedQuery("select a.id, a.team, a.scopes, a.user_name, t.name from access_token a"
                        + " join team t on t.id = a.team where a.hash = $1")
                .execute(Tuple.of(Buffer.buffer(hash)))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        known.remove(key);
                        return null;
                    }
                    var row = rows.iterator().next();
                    SecurityIdentity identity = QuarkusSecurityIdentity.builder()
                            .setPrincipal(new QuarkusPrincipal(row.getUUID("id").toString()))
                            .addAttribute(Caller.TEAM, row.getUUID("team"))
                            .addAttribute(Caller.TOKEN, row.getUUID("id"))
                            .addAttribute(Caller.ORGANIZATION, row.getString("name"))
                            .addAttribute(Caller.USER, row.getString("user_name"))
                            .addRoles(Scopes.expand(row.getString("scopes")))
                            .build();
                    if (known.size() > MOST) {
                        known.clear();
                    }
                    known.put(key, new Known(identity, System.nanoTime()));
                    return identity;
                });
    }

    void forgetAll() {
        known.clear();
    }
}
