package dev.mooring.app.runtime;

import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Keeps apps from the addresses where clouds hand out the credentials of a machine: routing rules for the range of the apps'
 * accounts, which hold for whatever their processes start. They stay when Mooring ends, as the apps do.
 */
@ApplicationScoped
class AppNetwork {

    private static final Logger LOG = Logger.getLogger(AppNetwork.class);

    /** Link-local: AWS, Azure, Google, DigitalOcean, Hetzner, Oracle; then Alibaba, and AWS by IPv6. */
    private static final Map<String, List<String>> METADATA = Map.of(
            "-4", List.of("169.254.0.0/16", "100.100.100.200"),
            "-6", List.of("fd00:ec2::254"));

    private final AppAccounts accounts;

    AppNetwork(AppAccounts accounts) {
        this.accounts = accounts;
    }

    /** Warns where the system does not let it. */
    void close() throws InterruptedException {
        String range = accounts.first() + "-" + accounts.last();
        List<String> problems = new ArrayList<>();
        METADATA.forEach((family, targets) -> targets.forEach(target -> {
            try {
                String[] rule = {"uidrange", range, "to", target, "prohibit"};
                // Adding it once more would make a second one.
                if (!ip(family, "rule", "show").contains("to " + target + " uidrange " + range)) {
                    List<String> words = new ArrayList<>(List.of(family, "rule", "add"));
                    words.addAll(List.of(rule));
                    ip(words.toArray(String[]::new));
                }
            } catch (IOException e) {
                problems.add(target + " (" + e.getMessage() + ")");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        if (Thread.interrupted()) {
            throw new InterruptedException("while routing rules were made");
        }
        if (!problems.isEmpty()) {
            LOG.warnf(
                    "apps can reach what this network has at %s: no routing rule for their accounts could be made."
                            + " If that hands out credentials of this machine, close it to the accounts %s",
                    String.join(", ", problems), range);
        }
    }

    private static String ip(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("ip " + String.join(" ", words) + ": " + output);
        }
        return output;
    }
}
