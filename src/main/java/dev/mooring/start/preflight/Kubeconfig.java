package dev.mooring.start.preflight;

import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the Kubernetes API server is found and with which credentials, when Mooring runs outside of Kubernetes. Read as the client
 * reads it: what it cannot read now, it could not read in the middle of an operation either, which would wait for it without end.
 */
final class Kubeconfig {

    private static final String SETTING = "KUBECONFIG";

    /** As the parsers of JSON and YAML say it, among other words that repeat what stands there. */
    private static final Pattern PLACE = Pattern.compile("line:? (\\d+), column:? (\\d+)");

    private Kubeconfig() {}

    /**
     * @param set files as in {@code KUBECONFIG}; null for the one of kubectl, which need not be there: in a pod there is none
     * @return what is wrong with them, without their content, which is secret
     */
    static Optional<Problem> problem(@Nullable String set) {
        List<Path> files = set == null
                ? List.of(Path.of(System.getProperty("user.home"), ".kube", "config"))
                : Stream.of(set.split(File.pathSeparator))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .map(Path::of)
                        .toList();
        List<Path> there = files.stream().filter(Files::exists).toList();
        if (set != null && there.isEmpty()) {
            return Optional.of(new Problem(SETTING, set, "must be a kubeconfig that is there"));
        }
        return there.stream()
                .flatMap(file -> unreadable(file).stream()
                        .map(why -> new Problem(SETTING, file.toString(), "must be a kubeconfig: " + why)))
                .findFirst()
                .or(() -> new KubeconfigContext(there)
                        .problem()
                        .map(why -> new Problem(
                                SETTING,
                                set == null ? there.getFirst().toString() : set,
                                "must be a kubeconfig: " + why)));
    }

    /** For one that is set to nothing: kubectl would take it for one that is not set, and the client not always. */
    static Problem empty() {
        return new Problem(SETTING, null, "must name a kubeconfig, or not be set: it is empty");
    }

    /** One that has been read before. */
    static Config read(Path file) {
        try {
            return Serialization.unmarshal(Files.readString(file, StandardCharsets.UTF_8), Config.class);
        } catch (IOException e) {
            throw new UncheckedIOException("a kubeconfig that was there is not any more: " + file, e);
        }
    }

    private static Optional<String> unreadable(Path file) {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return Optional.of("it cannot be read: " + e);
        }
        try {
            Config config = Serialization.unmarshal(text, Config.class);
            return config == null || config.getClusters().isEmpty()
                    ? Optional.of("it names no cluster (clusters)")
                    : Optional.empty();
        } catch (RuntimeException e) {
            // Each parser has failures of its own.
            return Optional.of((text.stripLeading().startsWith("{")
                            ? "what begins with { is read as JSON, and it is none"
                            : "it is no YAML of that kind")
                    + place(e));
        }
    }

    private static String place(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            Matcher place = PLACE.matcher(String.valueOf(cause.getMessage()));
            if (place.find()) {
                return ", at line " + place.group(1) + ", column " + place.group(2);
            }
        }
        return "";
    }
}
