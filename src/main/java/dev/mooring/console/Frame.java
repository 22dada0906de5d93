package dev.mooring.console;

import io.quarkus.qute.TemplateData;
import java.util.Set;

/**
 * What every page's frame is drawn from.
 *
 * @param css where the style is; likewise the others
 * @param form the token that forms are sent with
 * @param path the page's own
 * @param page where it is found again
 * @param base of the API's URLs
 * @param scopes what the token that signed in may do
 */
// Tags know their parameters by name alone: what they ask for is not found by looking at them.
@TemplateData
public record Frame(
        String css,
        String js,
        String morph,
        String mark,
        String tokenName,
        String team,
        String form,
        String path,
        String page,
        String base,
        Set<String> scopes) {

    public boolean signedIn() {
        return !form.isEmpty();
    }

    public boolean may(String scope) {
        return scopes.contains(scope);
    }

    /** Whether the page is in a part of the console, such as apps. */
    public boolean in(String part) {
        return path.equals("/console/" + part) || path.startsWith("/console/" + part + "/");
    }
}
