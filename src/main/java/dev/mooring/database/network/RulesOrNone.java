package dev.mooring.database.network;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import dev.mooring.database.cluster.NewCluster.RuleInput;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of trusted sources, where null is an empty one: godo sends that for a list that is nil, and DigitalOcean takes it so. One
 * that is not there at all stays absent: nobody opens a cluster by leaving something out.
 */
public final class RulesOrNone extends JsonDeserializer<List<RuleInput>> {

    @Override
    public List<RuleInput> deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        return context.readValue(parser, context.getTypeFactory().constructCollectionType(List.class, RuleInput.class));
    }

    @Override
    public List<RuleInput> getNullValue(DeserializationContext context) {
        return List.of();
    }

    @Override
    public @Nullable Object getAbsentValue(DeserializationContext context) {
        return null;
    }
}
