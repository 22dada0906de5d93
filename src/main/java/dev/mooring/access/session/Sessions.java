package dev.mooring.access.session;

import dev.mooring.access.TokenLookup;
import dev.mooring.home.RandomText;
import dev.mooring.operation.MetadataReady;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Sessions, as rows that any replica reads: a secret of 256 random bits, kept as its hash beside the token that it stands for.
 * Nothing about them is remembered, so that one which has ended is over at once, and so is one whose token was revoked.
 */
@ApplicationScoped
public class Sessions {

    /** Slides with every use. */
    public static final Duration LIFE = Duration.ofHours(12);
    /** For how long a link may be followed. */
    public static final Duration LINK_LIFE = Duration.ofSeconds(60);
    /** What a link's code begins with, so that it is told from a token where either may be pasted. */
    public static final String CODE = "mrl_";

    private static final Logger LOG = Logger.getLogger(Sessions.class);
    private static final int SECRET_BYTES = 32;

    /** None of a token that is being revoked. */
    private static final String OF_TOKEN = " from access_token where id = $2 for key share";

    private static final String BEGIN =
            "insert into console_session (hash, token, expires_at) select $1, id, now() + interval '12 hours'"
                    + OF_TOKEN;

    /** Reads alone: nearly every request asks just this. */
    private static final String FIND =
            "select s.expires_at < now() + interval '11 hours 55 minutes' as slides, " + TokenLookup.IDENTITY
                    + " from console_session s join access_token a on a.id = s.token"
                    + " join team t on t.id = a.team where s.hash = $1 and s.expires_at > now()"
                    + " and (a.expires_at is null or a.expires_at > now())";

    private static final String GOES_ON =
            "select exists (select from console_session s join access_token a on a.id = s.token where s.hash = $1"
                    + " and s.expires_at > now() and (a.expires_at is null or a.expires_at > now()))";

    /** Not with each request: a row that is written is a row to be cleaned up. */
    private static final String SLIDE = "update console_session set expires_at = now() + interval '12 hours'"
            + " where hash = $1 and expires_at > now() and expires_at < now() + interval '11 hours 55 minutes'";

    private static final String LINK =
            "insert into console_link (hash, token, expires_at) select $1, id, now() + interval '60 seconds'"
                    + OF_TOKEN;

    /** Gone by being asked for, in time or not. */
    private static final String FOLLOW =
            "delete from console_link where hash = $1 returning token, expires_at > now() as in_time";

    private final Pool pool;
    private final TokenLookup tokens;
    private volatile boolean ready;

    Sessions(Pool pool, TokenLookup tokens) {
        this.pool = pool;
        this.tokens = tokens;
    }

    void start(@Observes MetadataReady event) {
        ready = true;
    }

    /** @return the code of a link that signs in as the token, once; fails as not authenticated when that has been revoked */
    public Uni<String> link(UUID token) {
        String code = CODE + RandomText.hex(SECRET_BYTES);
        return pool.preparedQuery(LINK).execute(Tuple.of(hash(code), token)).map(rows -> {
            if (rows.rowCount() == 0) {
                throw new AuthenticationFailedException();
            }
            return code;
        });
    }

    /**
     * Begins a session.
     *
     * @param given a token, or the code of a link
     * @return null when it is neither, or has been revoked, or the link has been followed already or is too old
     */
    public Uni<Begun> begin(String given) {
        Uni<UUID> token = given.startsWith(CODE)
                ? pool.preparedQuery(FOLLOW).execute(Tuple.of(hash(given))).map(rows -> {
                    if (rows.rowCount() == 0) {
                        return null;
                    }
                    var row = rows.iterator().next();
                    return row.getBoolean("in_time") ? row.getUUID("token") : null;
                })
                : tokens.find(given)
                        .map(identity -> identity == null
                                ? null
                                : UUID.fromString(identity.getPrincipal().getName()));
        return token.chain(found -> found == null ? Uni.createFrom().nullItem() : begin(found));
    }

    /** @param secret for the cookie, and nowhere else */
    public record Begun(String secret, UUID token) {}

    private Uni<Begun> begin(UUID token) {
        String secret = RandomText.hex(SECRET_BYTES);
        return pool.preparedQuery(BEGIN)
                .execute(Tuple.of(hash(secret), token))
                .map(rows -> rows.rowCount() == 0 ? null : new Begun(secret, token));
    }

    /** Whom it stands for; null when there is no such session, or not any more. */
    Uni<SecurityIdentity> find(String secret) {
        Buffer hash = hash(secret);
        return pool.preparedQuery(FIND).execute(Tuple.of(hash)).chain(rows -> {
            if (rows.rowCount() == 0) {
                return Uni.createFrom().nullItem();
            }
            Row row = rows.iterator().next();
            SecurityIdentity identity = TokenLookup.identity(row).build();
            return row.getBoolean("slides")
                    ? pool.preparedQuery(SLIDE).execute(Tuple.of(hash)).replaceWith(identity)
                    : Uni.createFrom().item(identity);
        });
    }

    /**
     * Whether it is there still, and so is its token: for what has been answered to it for a while, by whichever replica. To ask
     * is not to use it.
     */
    public Uni<Boolean> goesOn(String secret) {
        return pool.preparedQuery(GOES_ON)
                .execute(Tuple.of(hash(secret)))
                .map(rows -> rows.iterator().next().getBoolean(0));
    }

    public Uni<Void> end(String secret) {
        return pool.preparedQuery("delete from console_session where hash = $1")
                .execute(Tuple.of(hash(secret)))
                .replaceWithVoid();
    }

    @Scheduled(every = "10m", delayed = "5m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> sweep() {
        if (!ready) {
            return Uni.createFrom().voidItem();
        }
        return pool.query("delete from console_session where expires_at < now()")
                .execute()
                .chain(() -> pool.query("delete from console_link where expires_at < now()")
                        .execute())
                .replaceWithVoid()
                .onFailure()
                .invoke(failure -> LOG.warnf("sessions that are over stay for now: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private static Buffer hash(String secret) {
        try {
            return Buffer.buffer(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
