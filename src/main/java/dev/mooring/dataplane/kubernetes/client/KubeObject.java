package dev.mooring.dataplane.kubernetes.client;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole object as it should be.
 *
 * @param body everything but kind and name: {@code metadata.labels} come from {@code labels}
 */
public record KubeObject(Kind kind, String name, Map<String, String> labels, Map<String, Object> body) {

    /** Of nested maps and lists, as YAML has it. Empty when any of it is missing. */
    static @Nullable Object at(@Nullable Object tree, Object... path) {
        Object here = tree;
        for (Object step : path) {
            if (here instanceof Map<?, ?> map) {
                here = map.get(step);
            } else if (here instanceof List<?> list && step instanceof Integer index && index < list.size()) {
                here = list.get(index);
            } else {
                return null;
            }
        }
        return here;
    }
}
