package dev.mooring.access;

import dev.mooring.web.Problems;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A token that is wanted. */
@Schema(name = "NewToken")
public record NewToken(
        @Schema(description = "What the token is for", examples = "ci")
        String name,

        @Schema(description = "What it may do; [\"*\"] for everything", examples = "[\"database:read\"]")
        List<String> scopes,

        @Schema(
                description =
                        "Refused from then on, as in RFC 3339; when absent it ends as the token does that makes it",
                examples = "2027-01-31T00:00:00Z")
        String expiresAt) {

    private static final int LONGEST_NAME = 100;
    private static final int LAST_YEAR = 9999;

    /** Without holes: lists and texts that are absent are empty. */
    static NewToken of(@Nullable NewToken given) {
        return new NewToken(
                given == null || given.name() == null ? "" : given.name(),
                given == null || given.scopes() == null ? List.of() : given.scopes(),
                given == null || given.expiresAt() == null ? "" : given.expiresAt());
    }

    /**
     * Adds what is wrong with it. Nobody hands on more than they have, nor for longer.
     *
     * @param administers whether the team that gets it administers the installation
     * @param now what the time is
     */
    void check(Problems problems, Caller caller, boolean administers, OffsetDateTime now) {
        problems.check(
                !name.isBlank() && name.length() <= LONGEST_NAME,
                "name",
                "is required, at most " + LONGEST_NAME + " characters");
        problems.check(!scopes.isEmpty(), "scopes", "at least one is required, or [\"*\"]");
        for (String scope : scopes) {
            if (problems.check(
                    scope != null && (scope.equals(Scopes.ALL) || Scopes.known().contains(scope)),
                    "scopes",
                    scope + " is not one of *, " + String.join(", ", Scopes.known()))) {
                problems.check(caller.may(scope), "scopes", "your own token lacks " + scope);
                problems.check(
                        administers || !Scopes.reachesBeyondTeam(scope),
                        "scopes",
                        scope
                                + " reaches beyond a team: it is for tokens of the team that administers the installation");
            }
        }
        OffsetDateTime end = end(problems);
        if (end != null) {
            problems.check(end.isAfter(now), "expires_at", "must be in the future");
            problems.check(
                    caller.tokenExpiresAt() == null || !end.isAfter(caller.tokenExpiresAt()),
                    "expires_at",
                    "must not be after " + caller.tokenExpiresAt() + ", when your own token ends");
        }
    }

    private @Nullable OffsetDateTime end(Problems problems) {
        try {
            OffsetDateTime end = expiresAt.isEmpty() ? null : OffsetDateTime.parse(expiresAt);
            if (end == null || end.getYear() <= LAST_YEAR) {
                return end;
            }
        } catch (DateTimeParseException e) {
            // Answered below, like a year that is none.
        }
        problems.add("expires_at: must be a time as in RFC 3339, such as 2027-01-31T00:00:00Z");
        return null;
    }

    /** Of one that has been checked; null for never. */
    @Nullable
    OffsetDateTime end(Caller caller) {
        return expiresAt.isEmpty() ? caller.tokenExpiresAt() : OffsetDateTime.parse(expiresAt);
    }
}
