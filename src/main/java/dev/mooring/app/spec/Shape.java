package dev.mooring.app.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Checks that a tree has the types that a record declares, all of it at once, and takes out what has not: what remains can be
 * read into the record. Jackson itself stops at the first mismatch.
 */
public final class Shape {

    private static final ClassValue<List<Member>> MEMBERS = new ClassValue<>() {
        @Override
        protected List<Member> computeValue(Class<?> type) {
            List<Member> members = new ArrayList<>();
            for (RecordComponent component : type.getRecordComponents()) {
                members.add(new Member(wire(component.getName()), component.getGenericType()));
            }
            return members;
        }
    };

    private record Member(String name, Type type) {}

    private Shape() {}

    /** The name of a record's component in JSON. */
    public static String wire(String name) {
        return PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(name);
    }

    /**
     * Brings a tree into the one form that clients read back: what is null is not there, and what stands alone where a list belongs, as
     * the log destination in the guide's own example, is a list of one.
     *
     * @param tree changed
     */
    public static void settle(ObjectNode tree, Class<?> type) {
        for (Member member : MEMBERS.get(type)) {
            JsonNode value = tree.get(member.name());
            if (value == null || value.isNull()) {
                tree.remove(member.name());
            } else if (member.type() instanceof ParameterizedType list) {
                Type element = list.getActualTypeArguments()[0];
                if (value.isObject()) {
                    ArrayNode alone = tree.arrayNode();
                    value = value.isEmpty() ? alone : alone.add(value);
                    tree.set(member.name(), value);
                }
                value.forEach(one -> settle(one, element));
            } else {
                settle(value, member.type());
            }
        }
    }

    private static void settle(JsonNode value, Type type) {
        if (value instanceof ObjectNode object && type instanceof Class<?> wanted && wanted.isRecord()) {
            settle(object, wanted);
        }
    }

    /** @param tree changed: members of the wrong type are taken out */
    public static void trim(ObjectNode tree, Class<?> type, String path, Findings findings) {
        for (Member member : MEMBERS.get(type)) {
            JsonNode value = tree.get(member.name());
            String at = path.isEmpty() ? member.name() : path + "." + member.name();
            if (value == null) {
                continue;
            }
            if (!fits(value, member.type(), at, findings)) {
                tree.remove(member.name());
            }
        }
    }

    private static boolean fits(JsonNode value, Type type, String path, Findings findings) {
        if (value.isNull() || type == JsonNode.class) {
            return true;
        }
        if (type instanceof ParameterizedType list) {
            return value instanceof ArrayNode array
                    ? elementsFit(array, list.getActualTypeArguments()[0], path, findings)
                    : wrong(value, path, "must be a list", findings);
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted.isRecord()) {
            if (value instanceof ObjectNode object) {
                trim(object, wanted, path, findings);
                return true;
            }
            return wrong(value, path, "must be an object", findings);
        }
        if (wanted.isEnum()) {
            List<String> names = Arrays.stream(wanted.getEnumConstants())
                    .map(Object::toString)
                    .toList();
            return value.isTextual() && names.contains(value.textValue())
                    || wrong(value, path, "must be one of " + String.join(", ", names), findings);
        }
        if (wanted == String.class) {
            return value.isTextual() || wrong(value, path, "must be text, in quotes", findings);
        }
        if (wanted == Boolean.class) {
            return value.isBoolean() || wrong(value, path, "must be true or false", findings);
        }
        if (wanted == Long.class) {
            return value.isIntegralNumber() && value.canConvertToLong()
                    || wrong(value, path, "must be a whole number", findings);
        }
        return value.isNumber() || wrong(value, path, "must be a number", findings);
    }

    private static boolean elementsFit(ArrayNode array, Type type, String path, Findings findings) {
        boolean all = true;
        for (int i = 0; i < array.size(); i++) {
            JsonNode element = array.get(i);
            String at = path + "[" + i + "]";
            all &= element.isNull()
                    ? wrong(element, at, "must not be null", findings)
                    : fits(element, type, at, findings);
        }
        return all;
    }

    private static boolean wrong(JsonNode value, String path, String rule, Findings findings) {
        findings.error(path, value.isContainerNode() ? null : value, rule);
        return false;
    }
}
