package dev.mooring.web.openapi;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;

/** Schemas and bodies in the form that generators of clients understand. */
final class Schemas {

    private static final String ANY = "*/*";
    private static final String JSON = "application/json";

    private Schemas() {}

    /** A property that has a description of its own was written out: it is the component all the same. */
    @SuppressWarnings("ReferenceEquality") // the same schema, not an equal one
    static void refer(Components components) {
        Map<String, Schema> named = components.getSchemas();
        named.values()
                .forEach(schema -> Stream.ofNullable(schema.getProperties())
                        .flatMap(properties -> properties.entrySet().stream().toList().stream())
                        .filter(property -> property.getValue().getProperties() != null)
                        .forEach(property -> named.entrySet().stream()
                                .filter(component -> component.getValue() != schema
                                        && Objects.equals(
                                                component.getValue().getProperties(),
                                                property.getValue().getProperties()))
                                .findFirst()
                                .ifPresent(component -> schema.addProperty(
                                        property.getKey(),
                                        OASFactory.createSchema()
                                                .ref(component.getKey())
                                                .description(property.getValue().getDescription())))));
    }

    /** A body of which no type is said is JSON: under any other name it is taken for that. */
    static void json(Operation operation) {
        Content content = operation.getRequestBody() == null
                ? null
                : operation.getRequestBody().getContent();
        MediaType any = content == null ? null : content.getMediaType(ANY);
        if (content != null && any != null) {
            content.removeMediaType(ANY);
            content.addMediaType(JSON, any);
        }
    }
}
