package dev.mooring.web.openapi;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Parameters that no signature has: those of a resource's whole path, and those of every list that comes in pages. */
final class Parameters {

    private static final Pattern IN_PATH = Pattern.compile("\\{(\\w+)}");
    private static final String LINKS = "links";

    private static final Map<String, String> MEANINGS = Map.of(
            "organization", "The team's name",
            "id", "The id, or the name where it is the only one of the team's that has it");

    private final Components components;

    Parameters(Components components) {
        this.components = components;
        components.addParameter("Page", query("page", "Which part of the list", 1, Integer.MAX_VALUE, 1));
        components.addParameter("PerPage", query("per_page", "How many of the list in one part", 1, 200, null));
    }

    void declare(String path, Operation operation) {
        IN_PATH.matcher(path).results().map(found -> found.group(1)).forEach(name -> inPath(path, name, operation));
        if (isPaged(operation)) {
            Stream.of("Page", "PerPage")
                    .forEach(name ->
                            operation.addParameter(OASFactory.createParameter().ref(name)));
        }
    }

    private static void inPath(String path, String name, Operation operation) {
        Parameter declared = Stream.ofNullable(operation.getParameters())
                .flatMap(List::stream)
                .filter(parameter -> name.equals(parameter.getName()))
                .findFirst()
                .orElse(null);
        if (declared == null) {
            declared = OASFactory.createParameter()
                    .name(name)
                    .in(Parameter.In.PATH)
                    .required(true)
                    .schema(OASFactory.createSchema().addType(Schema.SchemaType.STRING));
            operation.addParameter(declared);
        }
        boolean named =
                name.equals("id") && ErrorAnswers.HAS_NAMES.matcher(path).lookingAt();
        if (declared.getDescription() == null && (named || name.equals("organization"))) {
            declared.setDescription(MEANINGS.get(name));
        }
    }

    /** Whatever has links to other parts. */
    private boolean isPaged(Operation operation) {
        return operation.getResponses().getAPIResponses().values().stream()
                .map(answer -> answer.getContent())
                .filter(Objects::nonNull)
                .flatMap(content -> content.getMediaTypes().values().stream())
                .map(MediaType::getSchema)
                .filter(schema -> schema != null && schema.getRef() != null)
                .map(schema -> components
                        .getSchemas()
                        .get(schema.getRef().substring(schema.getRef().lastIndexOf('/') + 1)))
                .anyMatch(schema -> schema != null
                        && schema.getProperties() != null
                        && schema.getProperties().containsKey(LINKS));
    }

    private static Parameter query(String name, String meaning, int least, int most, @Nullable Integer otherwise) {
        return OASFactory.createParameter()
                .name(name)
                .in(Parameter.In.QUERY)
                .description(meaning)
                .schema(OASFactory.createSchema()
                        .addType(Schema.SchemaType.INTEGER)
                        .format("int32")
                        .minimum(BigDecimal.valueOf(least))
                        .maximum(BigDecimal.valueOf(most))
                        .defaultValue(otherwise));
    }
}
