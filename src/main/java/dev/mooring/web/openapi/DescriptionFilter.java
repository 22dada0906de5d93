package dev.mooring.web.openapi;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;

/** Completes what the annotations of the resources leave open: ids, parameters, errors, examples. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class DescriptionFilter implements OASFilter {

    private static final String CREATED = "201";
    private static final String NO_CONTENT = "204";

    @Override
    public void filterOpenAPI(OpenAPI document) {
        document.setServers(List.of(
                OASFactory.createServer().url("/").description("The installation that served this description")));
        Schemas.refer(document.getComponents());
        Map<String, PathItem> paths = document.getPaths().getPathItems();
        OperationIds ids = new OperationIds(paths);
        Parameters parameters = new Parameters(document.getComponents());
        ErrorAnswers errors = new ErrorAnswers(document.getComponents());
        paths.forEach((path, item) -> item.getOperations().entrySet().stream()
                .sorted(Map.Entry.comparingByKey(Comparator.comparing(Enum::name)))
                .forEach(entry -> complete(path, entry.getKey(), entry.getValue(), ids, parameters, errors)));
    }

    private static void complete(
            String path,
            HttpMethod method,
            Operation operation,
            OperationIds ids,
            Parameters parameters,
            ErrorAnswers errors) {
        operation.setOperationId(ids.of(method, path));
        parameters.declare(path, operation);
        withoutContent(operation.getResponses());
        Schemas.json(operation);
        errors.declare(path, method, operation);
        Examples.add(operation);
    }

    /** A method that returns nothing answers 204, whichever status is usual for its verb. */
    private static void withoutContent(APIResponses responses) {
        APIResponse created = responses.getAPIResponse(CREATED);
        if (created != null && created.getContent() == null) {
            responses.removeAPIResponse(CREATED);
            responses.addAPIResponse(NO_CONTENT, OASFactory.createAPIResponse().description("Done"));
        }
    }
}
