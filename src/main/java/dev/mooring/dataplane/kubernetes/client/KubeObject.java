package dev.mooring.dataplane.kubernetes.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A whole object as it should be.
 *
 * @param body everything but kind and name: {@code metadata.labels} come from {@code labels}
 */
public record KubeObject(Kind kind, String name, Map<String, String> labels, Map<String, Object> body) {

    /** Where what is there is not as it is here: a path such as {@code spec.instances}; empty where it is. What it has beside is not looked at. */
    public Optional<String> difference(Live live) {
        return difference("", body, live.resource().getAdditionalProperties());
    }

    private static Optional<String> difference(String path, @Nullable Object wanted, @Nullable Object found) {
        if (wanted instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .flatMap(entry ->
                            difference(path + "." + entry.getKey(), entry.getValue(), at(found, entry.getKey()))
                                    .stream())
                    .findFirst();
        }
        if (wanted instanceof List<?> list) {
            if (!(found instanceof List<?> others) || others.size() != list.size()) {
                return list.isEmpty() && found == null ? Optional.empty() : Optional.of(path.substring(1));
            }
            return IntStream.range(0, list.size())
                    .boxed()
                    .flatMap(i -> difference(path + "." + i, list.get(i), others.get(i)).stream())
                    .findFirst();
        }
        return String.valueOf(wanted).equals(String.valueOf(found)) ? Optional.empty() : Optional.of(path.substring(1));
    }

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
