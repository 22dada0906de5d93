package dev.mooring.start.preflight;

import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Everything that can be known to be wrong before the first thing is made. */
public final class Preflight {

    /** The programs of one version, a data directory with its WAL, and the template of another. */
    private static final long FIRST_START_BYTES = 400L << 20;
    /** From here on PostgreSQL stops for want of WAL. */
    private static final long LITTLE_BYTES = 64L << 20;

    private static final int ARCHIVE_MS = 3000;

    /** Read by the script and the tests. */
    private static final Set<String> OF_OTHERS = Set.of(
            "MOORING_TOKEN_FILE",
            "MOORING_HTTPS_URL",
            "MOORING_COMMAND",
            "MOORING_JAVA_OPTS",
            "MOORING_CHROMIUM",
            "MOORING_PYTHON");

    private final UnaryOperator<String> settings;
    private final Consumer<String> warnings;
    private final List<Problem> problems = new ArrayList<>();

    /**
     * @param settings by the name of the property; null for one that is not set
     * @param warnings hears what does not stand in the way
     */
    public Preflight(UnaryOperator<String> settings, Consumer<String> warnings) {
        this.settings = settings;
        this.warnings = warnings;
    }

    /**
     * Each setting for itself, and those that have to fit together. Nothing is made.
     *
     * @throws IllegalArgumentException which tells all that is wrong, a line each
     */
    public void checkSettings(Set<String> environment) {
        SettingRules.all().forEach((property, rule) -> {
            String value = settings.apply(property);
            if (value != null) {
                rule.broken(value)
                        .ifPresent(wrong -> problem(property, SettingRules.secret(property) ? null : value, wrong));
            }
        });
        if ("local".equalsIgnoreCase(settings.apply("mooring.apps.runtime"))) {
            distinct("mooring.local.ports", "25060-25999", "mooring.apps.ports", "27000-27999");
        }
        boolean onKubernetes = "kubernetes".equalsIgnoreCase(settings.apply("mooring.dataplane"));
        if (onKubernetes) {
            String kubeconfig = settings.apply("kubeconfig");
            if (kubeconfig == null && environment.contains(variable("kubeconfig"))) {
                problems.add(Kubeconfig.empty());
            } else {
                Kubeconfig.problem(kubeconfig).ifPresent(problems::add);
            }
        }
        if ("kubernetes".equalsIgnoreCase(settings.apply("mooring.apps.runtime"))) {
            appsOnKubernetes(onKubernetes);
        }
        unknown(environment);
        refuse();
    }

    /**
     * The machine, as the settings want it; they have to be right.
     *
     * @param keepsDatabases whether servers and their data will lie on this machine
     * @param address where the API will listen
     * @param ports of it, by the name of their property
     * @throws IllegalArgumentException which tells all that is wrong, a line each
     */
    public void checkMachine(
            MooringHome home, boolean keepsDatabases, InetAddress address, Map<String, Integer> ports) {
        boolean first = keepsDatabases && Files.notExists(home.metadata());
        ports.forEach((property, port) -> Ports.taken(address, port)
                .ifPresent(taken -> problem(property, Integer.toString(port), taken + "; set another one")));
        if (ports.values().stream().filter(port -> port != 0).distinct().count()
                < ports.values().stream().filter(port -> port != 0).count()) {
            problem(
                    String.join(
                            " and ",
                            ports.keySet().stream()
                                    .map(Preflight::variable)
                                    .sorted()
                                    .toList()),
                    null,
                    "are the same port");
        }
        folder("mooring.home", home.root(), first);
        String archive = settings.apply("mooring.archive.folder");
        if (archive != null) {
            folder("mooring.archive.folder", Path.of(archive), false);
        }
        String endpoint = settings.apply("mooring.archive.s3.endpoint");
        if (endpoint != null && settings.apply("mooring.archive.s3.bucket") != null) {
            storage(endpoint, first);
        }
        refuse();
    }

    /** Pods are known to the servers beside them, to pools and to servers elsewhere by their addresses alone. */
    private void appsOnKubernetes(boolean databasesToo) {
        if (!databasesToo) {
            problem("mooring.apps.runtime", "kubernetes", "must be none or local without MOORING_DATAPLANE=kubernetes");
        }
        String place = settings.apply("mooring.kubernetes.apps-namespace");
        if (settings.apply("mooring.apps.networks") != null) {
            return;
        }
        if (place != null && !place.equals(or("mooring.kubernetes.namespace", "mooring-databases"))) {
            problem(
                    "mooring.kubernetes.apps-namespace",
                    place,
                    "needs " + variable("mooring.apps.networks")
                            + ", the networks of pods: databases know pods of other namespaces by nothing else");
        } else {
            warnings.accept(variable("mooring.apps.networks")
                    + " is not set: connection pools of databases with trusted sources let no app in, because they know"
                    + " pods by their networks alone");
        }
    }

    /** Both are taken port by port, and each would be told one that is not free. */
    private void distinct(String one, String oneDefault, String other, String otherDefault) {
        Optional<SettingRule.Range> first = SettingRule.portRange(or(one, oneDefault));
        Optional<SettingRule.Range> second = SettingRule.portRange(or(other, otherDefault));
        if (first.isPresent() && second.isPresent() && first.get().overlaps(second.get())) {
            problem(
                    one,
                    or(one, oneDefault),
                    "must have no port in common with " + variable(other) + "=" + or(other, otherDefault));
        }
    }

    private String or(String property, String standard) {
        String value = settings.apply(property);
        return value == null ? standard : value;
    }

    private void unknown(Set<String> environment) {
        Set<String> known =
                SettingRules.all().keySet().stream().map(Preflight::variable).collect(Collectors.toSet());
        environment.stream()
                .filter(name -> name.startsWith("MOORING_") && !known.contains(name) && !OF_OTHERS.contains(name))
                .sorted()
                .forEach(name -> warnings.accept(name + " is no setting of this version; docs/settings.md lists them"));
    }

    private void folder(String property, Path folder, boolean first) {
        Path there = folder.toAbsolutePath();
        while (there != null && Files.notExists(there)) {
            there = there.getParent();
        }
        if (there == null || !Files.isDirectory(there) || !Files.isWritable(there)) {
            problem(
                    property,
                    folder.toString(),
                    "cannot be made or written"
                            + (there == null || there.equals(folder)
                                    ? ""
                                    : ": " + there + " is no folder that this account may write"));
            return;
        }
        try {
            long free = Files.getFileStore(there).getUsableSpace();
            if (first && free < FIRST_START_BYTES) {
                problem(
                        property,
                        folder.toString(),
                        "has " + mebibytes(free) + " free, and the first start needs " + mebibytes(FIRST_START_BYTES));
            } else if (free < LITTLE_BYTES) {
                warnings.accept(folder + " has only " + mebibytes(free) + " free; databases stop when nothing is left");
            }
        } catch (IOException e) {
            warnings.accept("it cannot be told how much is free in " + folder + ": " + e.getMessage());
        }
    }

    /** At a later start the databases are worth more than an archive that may come back any moment. */
    private void storage(String endpoint, boolean first) {
        URI url = URI.create(endpoint);
        int port = url.getPort() > 0 ? url.getPort() : url.getScheme().equals("https") ? 443 : 80;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(url.getHost(), port), ARCHIVE_MS);
        } catch (IOException e) {
            String away = "does not answer: " + e.getMessage();
            if (first) {
                problem("mooring.archive.s3.endpoint", endpoint, away);
            } else {
                warnings.accept(variable("mooring.archive.s3.endpoint") + "=" + endpoint + " " + away
                        + "; backups wait for it");
            }
        }
    }

    private void problem(String property, @Nullable String value, String rule) {
        problems.add(new Problem(property.contains(" ") ? property : variable(property), value, rule));
    }

    private void refuse() {
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(problems.stream()
                    .map(Problem::toString)
                    .collect(Collectors.joining(
                            "\n  ", problems.size() == 1 ? "" : problems.size() + " settings are wrong\n  ", "")));
        }
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    /** What a property is called in the environment. */
    public static String variable(String property) {
        return property.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }
}
