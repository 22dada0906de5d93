package dev.mooring.dboscloud;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.mooring.web.ApiException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that deploys, read as it comes: it holds an archive of up to half a gigabyte as base64, which goes
 * straight to where it belongs.
 *
 * @param archive whether there was one
 */
record DeployBody(
        boolean archive,
        @Nullable String previousVersion,
        @Nullable String targetDatabase) {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String ARCHIVE = "application_archive";

    /** Opens what the archive is written to; called at most once. */
    @FunctionalInterface
    interface Sink {
        OutputStream open() throws IOException;
    }

    /** Blocks. Fails with 400. */
    static DeployBody read(InputStream body, Sink sink) throws IOException {
        boolean archive = false;
        String version = null;
        String target = null;
        try (JsonParser json = JSON.createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw ApiException.badRequest("error parsing request body: a JSON object is required");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String member = json.currentName();
                JsonToken value = json.nextToken();
                if (member.equals(ARCHIVE) && value != JsonToken.VALUE_NULL) {
                    if (value != JsonToken.VALUE_STRING || archive) {
                        throw ApiException.badRequest(ARCHIVE + ": must be there once, as base64 of a zip file");
                    }
                    try (OutputStream out = sink.open()) {
                        json.readBinaryValue(out);
                    } catch (IllegalArgumentException e) {
                        throw ApiException.badRequest(ARCHIVE + ": is not base64");
                    }
                    archive = true;
                } else if (member.equals("previous_version")) {
                    version = text(json, member);
                } else if (member.equals("target_database_name")) {
                    target = text(json, member);
                } else {
                    json.skipChildren();
                }
            }
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("error parsing request body: " + e.getOriginalMessage());
        }
        if (archive == (version != null)) {
            throw ApiException.badRequest(
                    "one of " + ARCHIVE + " and previous_version is required, and there can be only one");
        }
        return new DeployBody(archive, version, target);
    }

    private static @Nullable String text(JsonParser json, String member) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (json.currentToken() != JsonToken.VALUE_STRING || json.getTextLength() > 100) {
            throw ApiException.badRequest(member + ": must be a string of at most 100 characters");
        }
        return json.getText();
    }
}
