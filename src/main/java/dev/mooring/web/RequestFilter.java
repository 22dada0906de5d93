package dev.mooring.web;

import io.quarkus.vertx.http.runtime.RouteConstants;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jboss.logging.MDC;

/** Before every request: an id, and a content type for clients that send JSON under another name or none. */
@ApplicationScoped
class RequestFilter {

    private static final CharSequence HEADER = HttpHeaders.createOptimized("x-request-id");
    private static final Pattern GIVEN = Pattern.compile("[A-Za-z0-9-]{8,64}");
    private static final int EARLY = 1000;
    /** After the one for all paths has set its own. */
    private static final int AFTER_COMMON_LIMIT = -1 - RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT;

    /** No name, id or value has it, and neither the metadata nor a file's name can: told here, it reaches neither. */
    private static final String NUL = "%00";

    private static final int BAD_REQUEST = 400;
    private static final int TOO_LARGE = 413;
    private static final int URI_TOO_LONG = 414;
    private static final int HEAD_TOO_LARGE = 431;
    /** Characters: what RFC 9110, 4.1 asks servers to take at least. The server reads more than that, so that it can be told here. */
    private static final int LONGEST_URI = 8000;
    /** Bytes, with what stands between names and values. */
    private static final int LARGEST_HEAD = 20 << 10;

    private static final int AROUND_A_HEADER = ": \r\n".length();
    /** Bytes: ten times the longest spec, as JSON in JSON with every character escaped. */
    private static final long LARGEST_BODY = 8L << 20;
    /** Half a gigabyte as base64, and what stands around it. */
    private static final long LARGEST_ARCHIVE = 704L << 20;

    private static final Pattern ARCHIVES =
            Pattern.compile("/v1alpha1/[^/]+/applications/[^/]+(?:/rollback|/changedbinstance)?");
    private static final String JSON = "application/json";
    private static final List<String> JSON_PATHS = List.of("/v2/", "/mooring/", CloudError.PATHS);

    void register(@Observes Filters filters) {
        filters.register(this::handle, EARLY);
        filters.register(RequestFilter::bound, AFTER_COMMON_LIMIT);
    }

    /** For bodies that do not say how long they are: whoever reads them counts. */
    private static void bound(RoutingContext context) {
        context.put(VertxHttpRecorder.MAX_REQUEST_SIZE_KEY, limit(context.request()));
        context.next();
    }

    private static long limit(HttpServerRequest request) {
        return ARCHIVES.matcher(request.path()).matches() ? LARGEST_ARCHIVE : LARGEST_BODY;
    }

    /** An id, not a secret: it need not be unpredictable, and every request makes one. */
    private static String newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong() & ~0xF000L | 0x4000L, random.nextLong() & ~(3L << 62) | 1L << 63).toString();
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String given = request.getHeader(HEADER);
        String id = given != null && GIVEN.matcher(given).matches() ? given : newId();
        context.put(RequestId.KEY, id);
        MDC.put("request", id);
        context.response().putHeader(HEADER, id);
        if (request.version() == HttpVersion.HTTP_2) {
            // Whoever ends a connection of HTTP/1.1 says so in a header that HTTP/2 forbids (RFC 9113, 8.2.2).
            context.addHeadersEndHandler(end -> context.response().headers().remove(HttpHeaders.CONNECTION));
        }
        if (JSON_PATHS.stream().anyMatch(request.path()::startsWith)) {
            String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
            if (type == null || !(type.startsWith(JSON) || type.contains("yaml"))) {
                request.headers().set(HttpHeaders.CONTENT_TYPE, JSON);
            }
        }
        if (request.uri().length() > LONGEST_URI) {
            refuse(context, URI_TOO_LONG, "path and query must have at most " + LONGEST_URI + " characters together");
            return;
        }
        if (request.uri().contains(NUL)) {
            refuse(context, BAD_REQUEST, "path and query must not hold the character NUL (" + NUL + ")");
            return;
        }
        if (size(request.headers()) > LARGEST_HEAD) {
            refuse(context, HEAD_TOO_LARGE, "the headers must have at most " + LARGEST_HEAD + " bytes together");
            return;
        }
        long limit = limit(request);
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null
                && length.matches("\\d{7,}")
                && new BigInteger(length).compareTo(BigInteger.valueOf(limit)) > 0) {
            refuse(context, TOO_LARGE, "the body must have at most " + limit + " bytes");
            return;
        }
        context.next();
    }

    private static int size(MultiMap headers) {
        int size = 0;
        for (Map.Entry<String, String> header : headers) {
            size += header.getKey().length() + header.getValue().length() + AROUND_A_HEADER;
        }
        return size;
    }

    /** In the words of the API that was asked. What is not read is not waited for either. */
    private static void refuse(RoutingContext context, int status, String message) {
        String id = context.get(RequestId.KEY);
        JsonObject body = context.request().path().startsWith(CloudError.PATHS)
                ? new JsonObject()
                        .put("message", message)
                        .put("statusCode", status)
                        .put("requestID", id)
                : new JsonObject()
                        .put("id", ApiException.slug(status))
                        .put("message", message)
                        .put("request_id", id);
        context.response()
                .setStatusCode(status)
                .putHeader("connection", "close")
                .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                .end(body.toBuffer());
    }
}
