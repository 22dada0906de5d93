package dev.mooring.web;

import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.RequestScoped;

/** The id of the current request: in the answer's {@code x-request-id}, in errors and in the log. */
@RequestScoped
public class RequestId {

    static final String KEY = "mooring.request-id";

    private final RoutingContext context;

    RequestId(RoutingContext context) {
        this.context = context;
    }

    /** The path that was asked for. */
    String path() {
        return context.request().path();
    }

    /** Whether an answer has begun: what fails from then on in writing is the way to the client. */
    boolean answered() {
        return context.response().headWritten();
    }

    public String value() {
        return context.get(KEY);
    }
}
