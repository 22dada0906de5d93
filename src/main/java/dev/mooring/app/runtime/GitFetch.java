package dev.mooring.app.runtime;

import dev.mooring.app.spec.Source;
import dev.mooring.operation.OperationFailed;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.outbound.Target;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How git is told to fetch: from the host that was looked at, by the one scheme of the URL, without being led elsewhere by a
 * redirect, a submodule or a bundle, and with credentials that stand in no argument and no file.
 */
@ApplicationScoped
public class GitFetch {

    /** In a folder that is there; what a first try has left in it is removed. */
    public static final String COMMAND = "find . -mindepth 1 -delete && git init --quiet --template= ."
            + " && git fetch --quiet --depth 1 --no-recurse-submodules -- \"$URL\" \"$WANTED\""
            + " && git checkout --quiet FETCH_HEAD";

    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    private final OutboundPolicy policy;

    public GitFetch(OutboundPolicy policy) {
        this.policy = policy;
    }

    /**
     * The variables that {@link #COMMAND} needs. Asks for the addresses of the host: blocks.
     *
     * @param component for the message
     * @param settings file with what git is to know in the repository that it fetches from
     * @throws OperationFailed when the source may not be fetched from
     */
    public Map<String, String> environment(String component, Source.Git source, String wanted, Path settings) {
        Target target;
        List<InetAddress> addresses;
        try {
            target = Target.of(source.repoCloneUrl());
            policy.check(target);
            addresses = target.host() == null ? List.of() : policy.resolve(target.host());
        } catch (IllegalArgumentException | OutboundPolicy.Refused e) {
            throw new OperationFailed(component + ": git.repo_clone_url " + e.getMessage(), e);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("URL", target.url());
        environment.put("WANTED", wanted);
        environment.put("GIT_TERMINAL_PROMPT", "0");
        environment.put("GIT_ALLOW_PROTOCOL", target.scheme());
        environment.put("GIT_CONFIG_GLOBAL", settings.toString());
        if (target.scheme().equals("ssh")) {
            environment.put(
                    "GIT_SSH_COMMAND",
                    "ssh -o BatchMode=yes -o HostKeyAlias=" + target.host() + " -o HostName="
                            + addresses.getFirst().getHostAddress());
        }
        settings(environment, configuration(target, addresses));
        return environment;
    }

    private static Map<String, String> configuration(Target target, List<InetAddress> addresses) {
        Map<String, String> configuration = new LinkedHashMap<>();
        configuration.put("http.followRedirects", "false");
        configuration.put("submodule.recurse", "false");
        configuration.put("fetch.recurseSubmodules", "false");
        configuration.put("transfer.bundleURI", "false");
        configuration.put("fetch.uriProtocols", "");
        configuration.put("credential.helper", "");
        configuration.put("core.hooksPath", "/dev/null");
        configuration.put("core.fsmonitor", "false");
        if (target.scheme().startsWith("http")) {
            int port = target.port() != 0 ? target.port() : target.scheme().equals("https") ? HTTPS : HTTP;
            if (!literal(addresses.getFirst()).equals(target.host())) {
                // Another answer of the name's server is not asked for.
                configuration.put(
                        "http.curloptResolve",
                        target.host() + ":" + port + ":"
                                + addresses.stream().map(GitFetch::literal).collect(Collectors.joining(",")));
            }
            if (target.user() != null || target.password() != null) {
                configuration.put("http.extraHeader", "Authorization: Basic " + basic(target));
            }
        }
        return configuration;
    }

    private static String literal(InetAddress address) {
        String text = address.getHostAddress();
        return text.contains(":") ? "[" + text + "]" : text;
    }

    private static String basic(Target target) {
        String text = (target.user() == null ? "" : target.user()) + ":"
                + (target.password() == null ? "" : target.password());
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** As git reads settings from its environment, which only the account itself can see. */
    private static void settings(Map<String, String> environment, Map<String, String> configuration) {
        int count = 0;
        for (Map.Entry<String, String> setting : configuration.entrySet()) {
            environment.put("GIT_CONFIG_KEY_" + count, setting.getKey());
            environment.put("GIT_CONFIG_VALUE_" + count, setting.getValue());
            count++;
        }
        environment.put("GIT_CONFIG_COUNT", Integer.toString(count));
    }
}
