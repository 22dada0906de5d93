package dev.mooring.dataplane.kubernetes.client;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An object as the API server has it. */
public record Live(GenericKubernetesResource resource) {

    public String name() {
        return resource.getMetadata().getName();
    }

    /** Empty for what is not there, or is no text, number or truth value. */
    public Optional<String> text(Object... path) {
        Object found = KubeObject.at(resource.getAdditionalProperties(), path);
        return found == null || found instanceof Map || found instanceof List
                ? Optional.empty()
                : Optional.of(found.toString());
    }

    public int number(Object... path) {
        return text(path).map(Double::valueOf).map(Double::intValue).orElse(0);
    }

    public boolean is(Object... path) {
        return text(path).map(Boolean::parseBoolean).orElse(false);
    }

    /** The elements of a list that are objects; none for what is not there. */
    @SuppressWarnings("unchecked")
    public List<Map<String, Object>> each(Object... path) {
        return KubeObject.at(resource.getAdditionalProperties(), path) instanceof List<?> list
                ? list.stream()
                        .filter(Map.class::isInstance)
                        .map(one -> (Map<String, Object>) one)
                        .toList()
                : List.of();
    }

    public Map<String, String> labels() {
        return Optional.ofNullable(resource.getMetadata().getLabels()).orElse(Map.of());
    }

    /** Empty when there is none. */
    public Optional<String> label(String name) {
        return Optional.ofNullable(labels().get(name));
    }

    public Optional<String> annotation(String name) {
        return Optional.ofNullable(resource.getMetadata().getAnnotations()).map(all -> all.get(name));
    }

    public String resourceVersion() {
        return resource.getMetadata().getResourceVersion();
    }

    /** Another one of the same name has another one. */
    public String uid() {
        return resource.getMetadata().getUid();
    }

    /** Changes with what it should be; null where the API server does not count it. */
    public @Nullable Long generation() {
        return resource.getMetadata().getGeneration();
    }

    /** By the API server's clock. */
    public Instant created() {
        return Instant.parse(resource.getMetadata().getCreationTimestamp());
    }

    /** Whether it is as Mooring made it: nobody was let do anything for it yet. */
    public boolean atRest() {
        return annotation(Kind.AT_REST).isPresent()
                && KubeObject.at(resource.getAdditionalProperties(), "status", "phase") == null;
    }

    /** Whether somebody has deleted it, and it waits for whoever has to clean up. */
    public boolean going() {
        return resource.getMetadata().getDeletionTimestamp() != null;
    }

    /** Whether its controller has seen it as it is now. */
    public boolean observed() {
        Long generation = resource.getMetadata().getGeneration();
        return generation != null && number("status", "observedGeneration") == generation.intValue();
    }

    /** Whether the condition of that type has the status {@code True}. */
    public boolean condition(String type) {
        return each("status", "conditions").stream()
                .anyMatch(condition -> type.equals(condition.get("type")) && "True".equals(condition.get("status")));
    }
}
