package dev.mooring.access;

import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names that tokens are registered under: DBOS Cloud's clients know their users by such a name. */
@ApplicationScoped
public class UserNames {

    private static final int CONFLICT = 409;
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]{3,30}");
    /** They mean something else where the API has a user's or an organization's name in a path. */
    private static final Set<String> TAKEN =
            Set.of("user", "dashboard", "secret", "users", "join", "databases", "applications", "logs");

    private final Caller caller;
    private final TokenLookup lookup;

    UserNames(Caller caller, TokenLookup lookup) {
        this.caller = caller;
        this.lookup = lookup;
    }

    /** Whether it means something else in a path. */
    public static boolean taken(String name) {
        return TAKEN.contains(name);
    }

    static void check(Problems problems, String field, @Nullable String name) {
        problems.check(
                name != null && NAME.matcher(name).matches() && !TAKEN.contains(name),
                field,
                "must have 3 to 30 lower-case letters, digits and underscores, and not be one of "
                        + String.join(", ", new java.util.TreeSet<>(TAKEN)));
    }

    /** Names the user of the caller's token; fails with 409 when it has another name already. */
    public Uni<Void> register(String name) {
        Problems problems = new Problems();
        check(problems, "name", name);
        problems.throwIfAny();
        if (caller.registered() && !name.equals(caller.user())) {
            throw new ApiException(CONFLICT, "this token is registered as " + caller.user() + " already");
        }
        return Panache.withTransaction(() -> AccessToken.update("userName = ?1 where id = ?2", name, caller.token()))
                .invoke(lookup::forgetAll)
                .replaceWithVoid();
    }
}
