package dev.mooring.access;

import dev.mooring.web.ApiException;
import dev.mooring.web.Effects;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

/** The tokens of teams. */
@ApplicationScoped
public class Tokens {

    private final Caller caller;
    private final TokenLookup lookup;
    private final Effects effects;
    private final Clock clock;

    Tokens(Caller caller, TokenLookup lookup, Effects effects, Clock clock) {
        this.caller = caller;
        this.lookup = lookup;
        this.effects = effects;
        this.clock = clock;
    }

    /** @param text the token itself, which is kept nowhere */
    public record Made(AccessToken token, String text) {}

    /**
     * Makes a token.
     *
     * @param named whether its name becomes that of a user of DBOS Cloud's API
     * @return fails with 422 naming everything that is wrong
     */
    public Uni<Made> make(Team team, NewToken given, boolean named) {
        NewToken wanted = NewToken.of(given);
        Problems problems = new Problems();
        wanted.check(problems, caller, team.administers, OffsetDateTime.now(clock));
        if (named) {
            UserNames.check(problems, "name", wanted.name());
        }
        problems.throwIfAny();
        AccessToken token = new AccessToken();
        token.id = UUID.randomUUID();
        token.team = team.id;
        token.name = wanted.name();
        token.userName = named ? wanted.name() : null;
        token.scopes = String.join(" ", wanted.scopes());
        token.createdAt = OffsetDateTime.now(clock);
        token.expiresAt = wanted.end(caller);
        String text = TokenText.make(team.name);
        token.hash = TokenText.hash(text);
        effects.subject("token", token.id.toString());
        return Panache.withTransaction(token::<AccessToken>persist).map(stored -> new Made(stored, text));
    }

    /** Oldest first; those that have ended too. */
    public Uni<List<AccessToken>> list(UUID team) {
        return AccessToken.list("team = ?1 order by createdAt, id", team);
    }

    /** From the answer on it is refused, and no start brings it back. Fails with 404. */
    public Uni<Void> revoke(UUID team, UUID id) {
        return Panache.withTransaction(() -> AccessToken.delete("id = ?1 and team = ?2", id, team))
                .invoke(deleted -> {
                    if (deleted == 0) {
                        throw ApiException.notFound("token not found");
                    }
                    lookup.forgetAll();
                })
                .replaceWithVoid();
    }
}
