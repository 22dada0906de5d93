package dev.mooring.access;

import dev.mooring.web.ApiException;
import dev.mooring.web.RateLimits;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Counts each request against its token's limits and tells the caller in headers. */
class RateLimitFilter {

    private static final CharSequence LIMIT = HttpHeaders.createOptimized("ratelimit-limit");
    private static final CharSequence REMAINING = HttpHeaders.createOptimized("ratelimit-remaining");
    private static final CharSequence RESET = HttpHeaders.createOptimized("ratelimit-reset");

    private final RateLimits limits;
    private final Caller caller;

    RateLimitFilter(RateLimits limits, Caller caller) {
        this.limits = limits;
        this.caller = caller;
    }

    @ServerRequestFilter
    public void count(RoutingContext context) {
        var token = caller.token();
        RateLimits.Verdict verdict = limits.take(token == null ? null : token.toString());
        context.response()
                .putHeader(LIMIT, Long.toString(verdict.limit()))
                .putHeader(REMAINING, Long.toString(verdict.remaining()))
                .putHeader(RESET, Long.toString(verdict.resetAt()));
        if (verdict.retryAfterSeconds() > 0) {
            context.response().putHeader("retry-after", Long.toString(verdict.retryAfterSeconds()));
            throw new ApiException(429, "API rate limit exceeded.");
        }
    }
}
