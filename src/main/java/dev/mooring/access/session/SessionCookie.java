package dev.mooring.access.session;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The cookie that a session is carried in. It counts for the console's own paths alone, however a path is written; the API
 * never looks at it, so that no page of another site can have a browser use it there.
 */
public final class SessionCookie {

    public static final String ROOT = "/console";

    private static final String NAME = "mooring-console";
    /** Browsers take it from https alone, and from no subdomain. */
    private static final String SECURE_NAME = "__Host-" + NAME;

    private static final Pattern SECRET = Pattern.compile("[0-9a-f]{64}");

    private SessionCookie() {}

    /** The session's secret; null when there is none, or for a path that it does not count for. */
    public static @Nullable String read(RoutingContext context, boolean secure) {
        if (!counts(context.request().path()) || !counts(context.normalizedPath())) {
            return null;
        }
        Cookie cookie = context.request().getCookie(secure ? SECURE_NAME : NAME);
        return cookie == null || !SECRET.matcher(cookie.getValue()).matches() ? null : cookie.getValue();
    }

    public static boolean counts(String path) {
        return path.equals(ROOT) || path.startsWith(ROOT + "/");
    }

    public static void write(HttpServerRequest request, String secret, boolean secure) {
        request.response().addCookie(cookie(secret, secure));
    }

    public static void remove(HttpServerRequest request, boolean secure) {
        request.response().addCookie(cookie("", secure).setMaxAge(0));
    }

    /** For as long as the browser runs; how long the session does is the server's to say. */
    private static Cookie cookie(String value, boolean secure) {
        return Cookie.cookie(secure ? SECURE_NAME : NAME, value)
                .setPath(secure ? "/" : ROOT)
                .setHttpOnly(true)
                .setSecure(secure)
                .setSameSite(CookieSameSite.STRICT);
    }
}
