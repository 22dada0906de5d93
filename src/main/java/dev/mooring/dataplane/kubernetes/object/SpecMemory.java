package dev.mooring.dataplane.kubernetes.object;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** The spec that is in force, in a secret: what a refused change goes back to. Passwords in it are sealed. */
@Singleton
public class SpecMemory {

    private static final String SPEC = "spec.json";

    private final KubeObjects objects;
    private final ObjectMapper mapper;

    SpecMemory(KubeObjects objects, ObjectMapper mapper) {
        this.objects = objects;
        this.mapper = mapper;
    }

    public void keep(String secret, ClusterSpec spec) {
        try {
            objects.apply(new KubeObject(
                    Kind.SECRET,
                    secret,
                    Names.labels(spec.id()),
                    Map.of(
                            "type",
                            "Opaque",
                            "data",
                            Map.of(SPEC, Base64.getEncoder().encodeToString(mapper.writeValueAsBytes(spec))))));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Empty for a cluster that never came to be. */
    public Optional<ClusterSpec> find(String secret) {
        return objects.find(Kind.SECRET, secret)
                .flatMap(live -> live.text("data", SPEC))
                .map(this::read);
    }

    private ClusterSpec read(String base64) {
        try {
            return mapper.readValue(
                    new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8), ClusterSpec.class);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("what was in force cannot be read", e);
        }
    }
}
