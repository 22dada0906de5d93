package dev.mooring.console;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.access.session.SessionCookie;
import dev.mooring.access.session.Transport;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.RequestScoped;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** What is around every page: who has signed in, what that may do, and the token that the page's forms are sent with. */
@RequestScoped
public class Shell {

    private static final String FORMS = "forms";

    private final Caller caller;
    private final Assets assets;
    private final Transport transport;
    private final RoutingContext context;

    Shell(Caller caller, Assets assets, Transport transport, RoutingContext context) {
        this.caller = caller;
        this.assets = assets;
        this.transport = transport;
        this.context = context;
    }

    public Frame frame() {
        return frame(caller.token() == null ? null : session());
    }

    /** @param secret of the session */
    Frame frame(@Nullable String secret) {
        boolean signedIn = caller.token() != null;
        return new Frame(
                assets.path("console.css"),
                assets.path("console.js"),
                assets.path("idiomorph.min.js"),
                assets.path("mark.svg"),
                Objects.requireNonNullElse(caller.tokenName(), ""),
                Objects.requireNonNullElse(caller.organization(), ""),
                secret == null ? "" : formToken(secret),
                context.request().path(),
                page(),
                base(),
                signedIn ? Scopes.known().stream().filter(caller::may).collect(Collectors.toSet()) : Set.of());
    }

    /** What a form answers with is the page that the form is on, which is one level up. */
    private String page() {
        String path = context.request().path();
        return HttpMethod.GET.equals(context.request().method())
                ? context.request().uri()
                : path.substring(0, path.lastIndexOf('/'));
    }

    /** Where the API is, as the browser reaches it: for commands to be copied. */
    private String base() {
        return (transport.secure(context.request()) ? "https://" : "http://")
                + context.request().authority();
    }

    /** The session's secret. */
    public @Nullable String session() {
        return SessionCookie.read(context, transport.secure(context.request()));
    }

    boolean isOfThisSession(@Nullable String formToken) {
        String session = session();
        return formToken != null
                && session != null
                && MessageDigest.isEqual(
                        formToken.getBytes(StandardCharsets.UTF_8),
                        formToken(session).getBytes(StandardCharsets.UTF_8));
    }

    /** Bound to the session and as old as that: it needs no row of its own, and says nothing of the secret. */
    private static String formToken(String secret) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(FORMS.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
