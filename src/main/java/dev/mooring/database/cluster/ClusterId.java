package dev.mooring.database.cluster;

import dev.mooring.web.ApiException;
import java.util.UUID;
import java.util.regex.Pattern;

/** The id in a path. What is not an id at all is simply not found. */
public final class ClusterId {

    private static final Pattern FORM = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private ClusterId() {}

    public static UUID parse(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw notFound();
        }
    }

    /** Whether it is an id as a whole: of its parts alone, such as a-b-c-d-e, names are made too. */
    static boolean isId(String text) {
        return FORM.matcher(text).matches();
    }

    public static ApiException notFound() {
        return ApiException.notFound("cluster not found");
    }
}
