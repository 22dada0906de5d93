package dev.mooring.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.response.Response;

/**
 * Answers that are asked for again and again until something has come. REST Assured's own paths are scripts that are compiled each
 * time, which on a small machine took a third of what the tests had of the processors.
 */
public final class Json {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    public static JsonNode of(Response answer) {
        try {
            return MAPPER.readTree(answer.asString());
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + answer.asString(), e);
        }
    }
}
