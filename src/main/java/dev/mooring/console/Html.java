package dev.mooring.console;

import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** Pages as answers. */
public final class Html {

    private static final String TYPE = MediaType.TEXT_HTML + ";charset=utf-8";

    private Html() {}

    public static Uni<Response> ok(TemplateInstance page) {
        return answer(200, page);
    }

    public static Uni<Response> answer(int status, TemplateInstance page) {
        return page.createUni()
                .map(text -> Response.status(status).type(TYPE).entity(text).build());
    }
}
