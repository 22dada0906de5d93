package dev.mooring.dataplane.kubernetes.app;

import dev.mooring.dataplane.ComponentSecrets;
import dev.mooring.dataplane.Unanswered;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/** One Secret for each component, with its variables as keys, so that {@code envFrom} takes all of them. */
@Singleton
public class AppSecrets implements ComponentSecrets {

    /** Kubernetes' own limits: of a key, and of all that a Secret holds, in bytes. */
    private static final int LONGEST_KEY = 253;

    private static final int MOST = 1 << 20;

    private final KubeObjects objects;

    AppSecrets(KubeObjects objects, KubernetesSettings settings) {
        this.objects = objects.in(settings.placeOfApps());
    }

    @Override
    public String namespace() {
        return objects.namespace();
    }

    @Override
    public String name(UUID app, String component) {
        return Names.component(app, component);
    }

    @Override
    public Map<String, String> podLabels(UUID app) {
        return Map.of(Names.APP_LABEL, app.toString());
    }

    @Override
    public Optional<String> refusal(String variable) {
        return variable.length() <= LONGEST_KEY && variable.matches("[-._a-zA-Z0-9]+") && !variable.startsWith("..")
                ? Optional.empty()
                : Optional.of("must have at most " + LONGEST_KEY
                        + " letters, digits, underscores, dots and dashes: it becomes a key of a Kubernetes Secret");
    }

    @Override
    public Optional<String> refusal(Map<String, String> variables) {
        long size = variables.entrySet().stream()
                .mapToLong(variable ->
                        variable.getKey().length() + (long) variable.getValue().getBytes(StandardCharsets.UTF_8).length)
                .sum();
        return size <= MOST
                ? Optional.empty()
                : Optional.of(
                        "the variables have " + size + " bytes, and must have at most " + MOST + ", as a Secret has");
    }

    @Override
    public Optional<String> difference(UUID app, String component, Map<String, String> variables) {
        KubeObject wanted = secret(app, component, variables);
        return ask(() -> find(app, component)
                .map(live -> difference(live, wanted))
                .orElseGet(() -> Optional.of("is gone"))
                .map(how -> "the Secret " + wanted.name() + " " + how));
    }

    @Override
    public boolean there(UUID app, String component) {
        return ask(() -> find(app, component).isPresent());
    }

    @Override
    public Optional<String> write(UUID app, String component, Map<String, String> variables) {
        return ask(() -> {
            KubeObject wanted = secret(app, component, variables);
            Live applied = objects.apply(wanted);
            Optional<Live> read = find(app, component);
            boolean inForce = read.filter(live -> live.resourceVersion().equals(applied.resourceVersion())
                            && difference(live, wanted).isEmpty())
                    .isPresent();
            return inForce
                    ? Optional.empty()
                    : Optional.of("the Secret " + wanted.name() + " of the namespace " + namespace()
                            + " was changed by somebody else just now: it is written again");
        });
    }

    @Override
    public Optional<String> delete(UUID app, List<String> components) {
        return ask(() -> {
            for (String component : components) {
                if (find(app, component).isPresent()) {
                    objects.delete(Kind.SECRET, name(app, component));
                    Optional<Live> left = find(app, component);
                    if (left.isPresent()) {
                        return Optional.of(
                                "the Secret " + left.get().name() + " of the namespace " + namespace() + " is ending");
                    }
                }
            }
            return Optional.empty();
        });
    }

    private Optional<Live> find(UUID app, String component) {
        return objects.find(Kind.SECRET, name(app, component));
    }

    /** Names are told, and no values. */
    private static Optional<String> difference(Live live, KubeObject wanted) {
        if (live.going()) {
            return Optional.of("is ending");
        }
        if (!live.labels().entrySet().containsAll(wanted.labels().entrySet())) {
            return Optional.of("has lost labels");
        }
        List<String> others = data(wanted).entrySet().stream()
                .filter(key -> live.text("data", key.getKey())
                        .filter(key.getValue()::equals)
                        .isEmpty())
                .map(Map.Entry::getKey)
                .toList();
        return others.isEmpty() ? Optional.empty() : Optional.of("has another " + String.join(", ", others));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> data(KubeObject secret) {
        return (Map<String, String>) Objects.requireNonNull(secret.body().get("data"));
    }

    private static KubeObject secret(UUID app, String component, Map<String, String> variables) {
        Map<String, String> labels = new TreeMap<>(Names.OWN);
        labels.put(Names.APP_LABEL, app.toString());
        labels.put(Names.COMPONENT_LABEL, component);
        Map<String, String> data = new TreeMap<>();
        variables.forEach((name, value) ->
                data.put(name, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))));
        return new KubeObject(
                Kind.SECRET, Names.component(app, component), labels, Map.of("type", "Opaque", "data", data));
    }

    private static <T> T ask(Supplier<T> question) {
        try {
            return question.get();
        } catch (Away e) {
            throw new Unanswered(e.getMessage(), e);
        }
    }
}
