package dev.mooring.app.spec.rule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.Shape;
import dev.mooring.outbound.OutboundPolicy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validator;
import java.util.Comparator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a spec's tree into its records and finds everything that is wrong with it. */
@ApplicationScoped
public class SpecReader {

    private static final Pattern MEMBER = Pattern.compile("[A-Za-z0-9]+");

    private final ObjectMapper mapper;
    private final Validator validator;

    private final OutboundPolicy policy;

    SpecReader(ObjectMapper mapper, Validator validator, OutboundPolicy policy) {
        this.policy = policy;
        // People write versions and values of variables without quotes, and in YAML such are numbers.
        this.mapper = mapper.copy();
        this.mapper
                .coercionConfigFor(LogicalType.Textual)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.TryConvert)
                .setCoercion(CoercionInputShape.Integer, CoercionAction.TryConvert)
                .setCoercion(CoercionInputShape.Float, CoercionAction.TryConvert);
        this.validator = validator;
    }

    /**
     * @param tree as it was sent but for its form, and as it is echoed
     * @param spec what was understood of it; of a spec with errors perhaps not everything
     */
    public record Read(ObjectNode tree, AppSpec spec, Findings findings) {}

    /** @param offer what databases and regions can be had here */
    public Read read(ObjectNode submitted, SpecRules.Offer offer) {
        Findings findings = new Findings();
        ObjectNode tree = submitted.deepCopy();
        Shape.settle(tree, AppSpec.class);
        booleansFromText(tree);
        withoutNul(tree, "", findings);
        AppSpec spec = typed(tree, findings);
        validator.validate(spec).stream()
                .sorted(Comparator.comparing(
                        violation -> violation.getPropertyPath().toString()))
                .forEach(violation -> findings.error(path(violation), shown(violation), violation.getMessage()));
        new SpecRules(spec, offer, policy, findings).check();
        return new Read(tree, spec, findings);
    }

    /** Texts end in environments, arguments and files, none of which can hold this character. */
    private static void withoutNul(JsonNode node, String path, Findings findings) {
        if (node.isTextual()) {
            findings.check(node.textValue().indexOf('\0') < 0, path, null, "must not hold the character NUL");
        }
        node.properties()
                .forEach(member -> withoutNul(
                        member.getValue(), path.isEmpty() ? member.getKey() : path + "." + member.getKey(), findings));
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            withoutNul(node.get(i), path + "[" + i + "]", findings);
        }
    }

    /** A spec that was accepted before. */
    public AppSpec stored(JsonNode tree) {
        return typed((ObjectNode) tree, new Findings());
    }

    private AppSpec typed(ObjectNode tree, Findings findings) {
        ObjectNode trimmed = tree.deepCopy();
        Shape.settle(trimmed, AppSpec.class);
        Shape.trim(trimmed, AppSpec.class, "", findings);
        try {
            return mapper.treeToValue(trimmed, AppSpec.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a checked spec could not be read", e);
        }
    }

    /** The API's description has preserve_path_prefix as text; Go clients can read only a boolean back. */
    private static void booleansFromText(ObjectNode tree) {
        for (JsonNode rule : tree.path("ingress").path("rules")) {
            booleanFromText(rule.get("component"));
        }
        for (AppSpec.Kind kind : AppSpec.Kind.values()) {
            if (tree.get(kind.member()) instanceof ArrayNode components) {
                components.forEach(component -> component.path("routes").forEach(SpecReader::booleanFromText));
            }
        }
    }

    private static void booleanFromText(JsonNode target) {
        if (target instanceof ObjectNode object) {
            String text = object.path("preserve_path_prefix").textValue();
            if ("true".equals(text) || "false".equals(text)) {
                object.set("preserve_path_prefix", BooleanNode.valueOf(text.equals("true")));
            }
        }
    }

    private static String path(ConstraintViolation<?> violation) {
        String path = violation.getPropertyPath().toString().replace(".<list element>", "");
        return MEMBER.matcher(path).replaceAll(match -> Shape.wire(match.group()));
    }

    private static @Nullable Object shown(ConstraintViolation<?> violation) {
        return violation.getInvalidValue() instanceof Record ? null : violation.getInvalidValue();
    }
}
