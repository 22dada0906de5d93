package dev.mooring.web.openapi;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;

/**
 * The names that generated clients give to operations. They come from method and path, so they stay the same for as long as
 * those do: {@code GET /v2/databases/{id}/pools} is databases_pools_list, with a name behind it databases_pools_get, and
 * {@code PUT /v2/databases/{id}/resize}, which is an action and no thing, databases_resize.
 */
final class OperationIds {

    private static final String OWN = "/mooring/v1/";
    private static final String DBOS_CLOUD = "/v1alpha1/";

    private final Map<String, PathItem> paths;

    OperationIds(Map<String, PathItem> paths) {
        this.paths = Map.copyOf(paths);
    }

    String of(HttpMethod method, String path) {
        String prefix = path.startsWith(OWN) ? "mooring_" : path.startsWith(DBOS_CLOUD) ? "dbos_" : "";
        String subject = Arrays.stream(path.split("/"))
                .filter(part -> !part.isEmpty() && !part.startsWith("{") && !part.matches("mooring|v\\d\\w*"))
                .map(part -> part.replace('-', '_'))
                .collect(Collectors.joining("_"));
        return prefix + (subject.isEmpty() ? "root" : subject) + verb(method, path);
    }

    private String verb(HttpMethod method, String path) {
        boolean collection = paths.keySet().stream().anyMatch(other -> other.matches("\\Q" + path + "\\E/\\{\\w+}"));
        boolean action = !collection
                && Objects.requireNonNull(paths.get(path)).getOperations().size() == 1;
        return switch (method) {
            case GET -> collection ? "_list" : "_get";
            case POST -> action ? "" : "_create";
            case PUT -> action ? "" : "_replace";
            case PATCH -> "_change";
            case DELETE -> "_delete";
            case HEAD -> "_head";
            case OPTIONS -> "_options";
            case TRACE -> "_trace";
        };
    }
}
