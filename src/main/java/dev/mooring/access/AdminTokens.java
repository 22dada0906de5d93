package dev.mooring.access;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.UUID;

/**
 * The administrator's token, as a setting or a home's file has it. Another value takes the place of the one before, and what
 * has been replaced or revoked never comes back, whichever replica starts with it.
 */
@ApplicationScoped
class AdminTokens {

    static final String SETTING = "setting";

    /** One start at a time: two with different values must not both find the other's missing. */
    private static final String LOCK = "select pg_advisory_xact_lock(hashtext('mooring administrator token'))";

    private static final String MAKE =
            "insert into access_token (id, team, name, hash, scopes, origin) select $1, $2, 'admin', $3, $4, $5"
                    + " where not exists (select from ended_token where hash = $3) on conflict (hash) do nothing";

    private static final String VALID = "select from access_token where hash = $1";

    /** Only for a value that is valid: a replica that starts with an old one changes nothing. */
    private static final String END_OTHERS = "delete from access_token where hash <> $1 and origin = any($2)"
            + " and exists (select from access_token where hash = $1)";

    /** Of a team's own token that somebody made the setting of. */
    private static final String CLAIM = "update access_token set origin = $2 where hash = $1 and team = $3";

    /** The origin of a token in a home's file. */
    static String file(UUID home) {
        return "file " + home;
    }

    /**
     * In the caller's transaction.
     *
     * @param origin where the value comes from
     * @param replaced origins whose other values end
     * @return whether the value is valid: not one that has been revoked or replaced
     */
    Uni<Boolean> install(SqlClient tx, UUID team, String token, String origin, String... replaced) {
        Buffer hash = Buffer.buffer(TokenText.hash(token));
        return tx.query(LOCK)
                .execute()
                .chain(() ->
                        tx.preparedQuery(MAKE).execute(Tuple.of(UUID.randomUUID(), team, hash, Scopes.ALL, origin)))
                .chain(() -> tx.preparedQuery(CLAIM).execute(Tuple.of(hash, origin, team)))
                .chain(() -> tx.preparedQuery(END_OTHERS)
                        .execute(Tuple.of(hash, Arrays.copyOf(replaced, replaced.length, String[].class))))
                .chain(() -> tx.preparedQuery(VALID).execute(Tuple.of(hash)))
                .map(rows -> rows.rowCount() > 0);
    }
}
