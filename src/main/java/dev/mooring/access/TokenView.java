package dev.mooring.access;

import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A token on the wire. */
@Schema(name = "Token")
public record TokenView(
        UUID id,
        String name,
        List<String> scopes,
        String createdAt,

        @Schema(description = "Refused from then on; absent for one that does not end by itself") @Nullable
        String expiresAt,

        @Schema(description = "The token itself: only in the answer that made it") @Nullable
        String token) {

    @RegisterForReflection(registerFullHierarchy = true)
    @Schema(name = "TokenEnvelope")
    public record Envelope(TokenView token) {}

    @Schema(name = "TokenList")
    public record Listing(List<TokenView> tokens, Page.Links links, Page.Meta meta) {
        public static Listing of(Page<AccessToken> page) {
            return new Listing(
                    page.items().stream()
                            .map(token -> TokenView.of(token, null))
                            .toList(),
                    page.links(),
                    page.meta());
        }
    }

    public static TokenView of(AccessToken token, @Nullable String text) {
        return new TokenView(
                token.id,
                token.name,
                List.of(token.scopes.split(" ")),
                Formats.time(token.createdAt),
                Formats.timeOrNull(token.expiresAt),
                text);
    }
}
