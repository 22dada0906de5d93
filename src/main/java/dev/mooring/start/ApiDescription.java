package dev.mooring.start;

import io.quarkus.runtime.ImageMode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The description of the API as the build has written it. The extension that makes it reads it at each start, to apply
 * filters that Mooring has none of; in a native executable that is a third of the time until the first answer. There it is
 * kept from finding it, and this hands it out.
 */
@ApplicationScoped
class ApiDescription {

    private static final String PATH = "/q/openapi";
    private static final String DOCUMENT = "META-INF/quarkus-generated-openapi-doc.";
    private static final String JSON = "json";
    private static final String YAML = "yaml";
    private static final int EARLY = -100;

    private static volatile boolean hidden;

    /** Before the application starts, in the thread that starts it. */
    static void hide() {
        if (ImageMode.current().isNativeImage()) {
            Thread thread = Thread.currentThread();
            thread.setContextClassLoader(new Without(thread.getContextClassLoader()));
            hidden = true;
        }
    }

    void register(@Observes Router router) {
        if (hidden) {
            router.get(PATH).order(EARLY).handler(ApiDescription::answer);
        }
    }

    /** YAML, unless JSON is asked for. */
    private static void answer(RoutingContext context) {
        String format = context.request().getParam("format");
        String accept = context.request().getHeader(HttpHeaders.ACCEPT);
        boolean json = format == null ? accept != null && accept.contains(JSON) : format.equalsIgnoreCase(JSON);
        String chosen = json ? JSON : YAML;
        try (InputStream document =
                ApiDescription.class.getClassLoader().getResourceAsStream(DOCUMENT + chosen.toUpperCase(Locale.ROOT))) {
            context.response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/" + chosen + ";charset=UTF-8")
                    .end(Buffer.buffer(document.readAllBytes()));
        } catch (IOException e) {
            context.fail(e);
        }
    }

    private static final class Without extends ClassLoader {
        Without(ClassLoader parent) {
            super(parent);
        }

        @Override
        public @Nullable InputStream getResourceAsStream(String name) {
            return name.startsWith(DOCUMENT) ? null : super.getResourceAsStream(name);
        }
    }
}
