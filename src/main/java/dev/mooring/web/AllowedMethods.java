package dev.mooring.web;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.server.core.Deployment;
import org.jboss.resteasy.reactive.server.handlers.ClassRoutingHandler;
import org.jboss.resteasy.reactive.server.handlers.RestInitialHandler.InitialMatch;
import org.jboss.resteasy.reactive.server.mapping.RequestMapper;
import org.jboss.resteasy.reactive.server.mapping.RequestMapper.RequestMatch;
import org.jboss.resteasy.reactive.server.mapping.RuntimeResource;
import org.jboss.resteasy.reactive.server.spi.ServerRestHandler;

/**
 * The methods that a path has, which an answer 405 has to name (RFC 9110, 15.5.6): whoever routes requests answers so without a
 * word of them. It is asked for each method in the way in which it finds the one of a request.
 */
final class AllowedMethods {

    private AllowedMethods() {}

    /** @return empty for a path that there is not */
    static Set<String> of(Deployment deployment, String path) {
        RequestMapper<InitialMatch> classes = new RequestMapper<>(deployment.getClassMappers());
        Set<String> methods = new TreeSet<>();
        for (RequestMatch<InitialMatch> match = classes.map(path);
                match != null;
                match = classes.continueMatching(path, match)) {
            String rest = match.remaining.isEmpty() ? "/" : match.remaining;
            for (ServerRestHandler handler : match.value.handlers) {
                if (handler instanceof ClassRoutingHandler routing) {
                    add(methods, routing.getMappers(), rest);
                }
            }
        }
        return methods;
    }

    private static void add(Set<String> methods, Map<String, RequestMapper<RuntimeResource>> known, String rest) {
        known.forEach((method, paths) -> {
            if (method != null && paths.map(rest) != null) {
                methods.add(method);
            }
        });
    }
}
