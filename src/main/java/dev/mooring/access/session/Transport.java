package dev.mooring.access.session;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Whether what goes over a connection can be read on its way. */
@ApplicationScoped
public class Transport {

    private static final Pattern LOOPBACK = Pattern.compile(
            "localhost|[a-z0-9-]+\\.localhost|127(\\.\\d{1,3}){3}|\\[::1\\]|::1", Pattern.CASE_INSENSITIVE);

    private final boolean terminated;

    Transport(@ConfigProperty(name = "mooring.tls.terminated", defaultValue = "false") boolean terminated) {
        this.terminated = terminated;
    }

    /** Whether the browser speaks https, with Mooring or with what stands in front of it. */
    public boolean secure(HttpServerRequest request) {
        return request.isSSL() || terminated;
    }

    /**
     * Whether a session may be carried over it: in https, and in plain http from this machine to itself. A name that merely
     * leads to this machine is not taken for it: any page could have one.
     */
    public boolean safe(HttpServerRequest request) {
        if (secure(request)) {
            return true;
        }
        HostAndPort authority = request.authority();
        return authority != null
                && LOOPBACK.matcher(authority.host()).matches()
                && request.connection().remoteAddress().hostAddress() != null
                && LOOPBACK.matcher(request.connection()
                                .remoteAddress()
                                .hostAddress()
                                .replaceFirst("^0:0:0:0:0:0:0:1$", "::1"))
                        .matches();
    }
}
