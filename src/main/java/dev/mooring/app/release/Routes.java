package dev.mooring.app.release;

import dev.mooring.app.runtime.ActiveApp;
import dev.mooring.app.runtime.AppFolder;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component;
import dev.mooring.app.spec.Ingress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which path leads to which service: by the ingress rules, else by the services' own routes, else by their names. */
final class Routes {

    private static final int FOUND = 302;

    private Routes() {}

    /** The longest path first. */
    static List<ActiveApp.Route> of(AppSpec spec, Map<String, Integer> ports) {
        List<ActiveApp.Route> routes = new ArrayList<>();
        List<Ingress.Rule> rules =
                spec.ingress() == null ? List.of() : spec.ingress().all();
        for (Ingress.Rule rule : rules) {
            ActiveApp.Route route = rule.redirect() != null
                    ? route(rule, true, null, List.of(), redirect(rule.redirect()))
                    : route(
                            rule,
                            Boolean.TRUE.equals(rule.component().preservePathPrefix()),
                            rule.component().rewrite(),
                            portsOf(rule.component().name(), ports),
                            null);
            if (route.redirect() != null || !route.ports().isEmpty()) {
                routes.add(route);
            }
        }
        if (rules.isEmpty()) {
            for (AppSpec.Part part : services(spec)) {
                List<Integer> own = portsOf(part.name(), ports);
                if (!own.isEmpty()) {
                    for (Ingress.Route route : paths(spec, part)) {
                        routes.add(new ActiveApp.Route(
                                null,
                                route.path(),
                                false,
                                Boolean.TRUE.equals(route.preservePathPrefix()),
                                null,
                                own,
                                null));
                    }
                }
            }
        }
        routes.sort(Comparator.comparing((ActiveApp.Route route) -> route.authority() == null)
                .thenComparing(route -> !route.exact())
                .thenComparingInt(route -> -route.prefix().length()));
        return routes;
    }

    /** The path under which a component is reached from outside. */
    static String publicPath(AppSpec spec, AppSpec.Part part) {
        List<Ingress.Rule> rules =
                spec.ingress() == null ? List.of() : spec.ingress().all();
        return rules.stream()
                .filter(rule -> rule.component() != null
                        && part.name().equals(rule.component().name()))
                .map(rule -> path(rule.match()))
                .findFirst()
                .orElseGet(() -> paths(spec, part).getFirst().path());
    }

    private static List<Ingress.Route> paths(AppSpec spec, AppSpec.Part part) {
        List<Ingress.Route> own = part.component().routes();
        if (own != null && !own.isEmpty() && own.stream().allMatch(route -> route.path() != null)) {
            return own;
        }
        boolean first = services(spec).stream().findFirst().filter(part::equals).isPresent();
        return List.of(new Ingress.Route(first ? "/" : "/" + part.name(), false));
    }

    private static List<AppSpec.Part> services(AppSpec spec) {
        return spec.parts().stream()
                .filter(part -> part.kind() == AppSpec.Kind.SERVICE && part.name() != null)
                .toList();
    }

    private static ActiveApp.Route route(
            Ingress.Rule rule,
            boolean keep,
            @Nullable String rewrite,
            List<Integer> ports,
            ActiveApp.@Nullable Redirect redirect) {
        Ingress.Match match = rule.match();
        String authority = match == null || match.authority() == null
                ? null
                : match.authority().exact();
        boolean exact = match != null && match.path() != null && match.path().exact() != null;
        return new ActiveApp.Route(authority, path(match), exact, keep, rewrite, ports, redirect);
    }

    private static String path(Ingress.@Nullable Match match) {
        if (match == null || match.path() == null) {
            return "/";
        }
        String path = match.path().exact() != null
                ? match.path().exact()
                : match.path().prefix();
        return path == null || path.isEmpty() ? "/" : path;
    }

    private static ActiveApp.Redirect redirect(Ingress.Redirect redirect) {
        return new ActiveApp.Redirect(
                redirect.scheme() == null ? "https" : redirect.scheme(),
                redirect.authority(),
                redirect.port(),
                redirect.uri(),
                redirect.redirectCode() == null
                        ? FOUND
                        : redirect.redirectCode().intValue());
    }

    private static List<Integer> portsOf(String component, Map<String, Integer> ports) {
        String prefix = AppFolder.label(AppSpec.Kind.SERVICE.name(), component) + "-";
        return ports.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix)
                        && entry.getKey().substring(prefix.length()).matches("\\d+"))
                .map(Map.Entry::getValue)
                .sorted()
                .toList();
    }

    /** How many processes of a component run at the same time. */
    static int instances(Component component) {
        if (component.autoscaling() != null && component.autoscaling().minInstanceCount() != null) {
            return component.autoscaling().minInstanceCount().intValue();
        }
        return component.instanceCount() == null || component.instanceCount() < 1
                ? 1
                : component.instanceCount().intValue();
    }
}
