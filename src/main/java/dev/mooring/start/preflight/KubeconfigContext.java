package dev.mooring.start.preflight;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.api.model.Context;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The context that is in force in kubeconfigs that can be read, and what it refers to: the client goes on without what is not there, and
 * what it then asks is refused in the middle of an operation.
 */
final class KubeconfigContext {

    /** With the file that says it: paths in it begin there. */
    private record Said<T>(Path file, T what) {}

    private final List<String> current = new ArrayList<>();
    /** The first file that has one of a name decides. */
    private final Map<String, Context> contexts = new LinkedHashMap<>();

    private final Map<String, Said<Cluster>> clusters = new LinkedHashMap<>();
    private final Map<String, Said<AuthInfo>> users = new LinkedHashMap<>();

    /** @param files that can be read */
    KubeconfigContext(List<Path> files) {
        for (Path file : files) {
            Config config = Kubeconfig.read(file);
            if (!text(config.getCurrentContext()).isEmpty()) {
                current.add(config.getCurrentContext());
            }
            config.getContexts().stream()
                    .filter(Objects::nonNull)
                    .forEach(named -> contexts.putIfAbsent(named.getName(), named.getContext()));
            config.getClusters().stream()
                    .filter(Objects::nonNull)
                    .forEach(named -> clusters.putIfAbsent(named.getName(), new Said<>(file, named.getCluster())));
            config.getUsers().stream()
                    .filter(Objects::nonNull)
                    .forEach(named -> users.putIfAbsent(named.getName(), new Said<>(file, named.getUser())));
        }
    }

    /** What is wrong with it: names and paths, and nothing that is secret. Empty also where no context is chosen. */
    Optional<String> problem() {
        if (current.isEmpty()) {
            return Optional.empty();
        }
        Context chosen = current.stream()
                .map(contexts::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (chosen == null) {
            return Optional.of("its current-context " + current.getFirst() + " is none of its contexts ("
                    + String.join(", ", contexts.keySet()) + ")");
        }
        return unknown("cluster", chosen.getCluster(), clusters)
                .or(() -> unknown("user", chosen.getUser(), users))
                .or(() -> Optional.ofNullable(clusters.get(chosen.getCluster()))
                        .flatMap(KubeconfigContext::missingOfCluster))
                .or(() -> Optional.ofNullable(users.get(chosen.getUser())).flatMap(KubeconfigContext::missingOfUser));
    }

    private Optional<String> unknown(String what, @Nullable String name, Map<String, ?> known) {
        return text(name).isEmpty() || known.containsKey(name)
                ? Optional.empty()
                : Optional.of("its current-context names the " + what + " " + name + ", which it has not");
    }

    private static Optional<String> missingOfCluster(Said<Cluster> cluster) {
        return cluster.what() == null
                ? Optional.empty()
                : missing(
                        cluster.file(), "certificate-authority", cluster.what().getCertificateAuthority());
    }

    private static Optional<String> missingOfUser(Said<AuthInfo> user) {
        AuthInfo login = user.what();
        if (login == null) {
            return Optional.empty();
        }
        return missing(user.file(), "client-certificate", login.getClientCertificate())
                .or(() -> missing(user.file(), "client-key", login.getClientKey()))
                .or(() -> missing(user.file(), "tokenFile", login.getTokenFile()))
                .or(() -> login.getExec() == null
                        ? Optional.empty()
                        : notInstalled(user.file(), login.getExec().getCommand()));
    }

    private static Optional<String> missing(Path file, String member, @Nullable String said) {
        String named = text(said);
        return named.isEmpty() || Files.isReadable(beside(file, named))
                ? Optional.empty()
                : Optional.of(member + " names " + beside(file, named) + ", which is not there or cannot be read");
    }

    /** A name alone is looked for on the PATH, a path where the kubeconfig is. */
    private static Optional<String> notInstalled(Path file, @Nullable String said) {
        String command = text(said);
        if (command.isEmpty()) {
            return Optional.of("exec of its user names no command");
        }
        Stream<Path> places = command.contains(File.separator)
                ? Stream.of(beside(file, command))
                : Stream.of(Objects.requireNonNullElse(System.getenv("PATH"), "")
                                .split(File.pathSeparator))
                        .filter(folder -> !folder.isEmpty())
                        .map(folder -> Path.of(folder, command));
        return places.anyMatch(place -> Files.isRegularFile(place) && Files.isExecutable(place))
                ? Optional.empty()
                : Optional.of("exec of its user names the program " + command + ", which is not installed"
                        + (command.contains(File.separator) ? "" : " on the PATH"));
    }

    private static Path beside(Path file, String named) {
        Path absolute = file.toAbsolutePath();
        return Objects.requireNonNullElse(absolute.getParent(), absolute).resolve(named);
    }

    /** Empty for what is not there. */
    private static String text(@Nullable String said) {
        return said == null ? "" : said.strip();
    }
}
