package dev.mooring.outbound;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a URL of git leads.
 *
 * @param host null for a file
 * @param port 0 where none is given
 * @param url without what nobody may read
 */
public record Target(
        String scheme,
        @Nullable String host,
        int port,
        @Nullable String user,
        @Nullable String password,
        String url) {

    /** As ssh has it: user@host:path. */
    private static final Pattern SCP = Pattern.compile("([\\w.-]+)@([\\w.-]+):(?!//)\\S+");

    /**
     * @throws IllegalArgumentException when it cannot be read in one way only
     */
    public static Target of(String url) {
        Matcher scp = SCP.matcher(url);
        if (scp.matches()) {
            return new Target("ssh", scp.group(2), 0, scp.group(1), null, url);
        }
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("must be a URL", e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (scheme.equals("file")) {
            if (uri.getRawAuthority() != null) {
                throw new IllegalArgumentException("must be file:/// and a path");
            }
            return new Target(scheme, null, 0, null, null, url);
        }
        if (uri.getHost() == null || uri.getRawPath() == null || !url.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("must be a URL with a host");
        }
        String[] said =
                uri.getUserInfo() == null ? new String[0] : uri.getUserInfo().split(":", 2);
        boolean ssh = scheme.equals("ssh");
        String shown = scheme + "://" + (ssh && said.length > 0 ? said[0] + "@" : "") + uri.getHost()
                + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + uri.getRawPath()
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        return new Target(
                scheme,
                uri.getHost(),
                Math.max(0, uri.getPort()),
                said.length > 0 && !said[0].isEmpty() ? said[0] : null,
                said.length > 1 && !said[1].isEmpty() ? said[1] : null,
                shown);
    }
}
