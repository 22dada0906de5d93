package dev.mooring.app.runtime;

import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Where the files of an app lie: a folder for each deployment, and what is active. */
public record AppFolder(Path root) {

    public static AppFolder of(MooringHome home, UUID app) {
        return new AppFolder(home.apps().resolve(app.toString()));
    }

    /** The manifest of what runs. */
    Path active() {
        return root.resolve("active.json");
    }

    /** What builds may find again. */
    public Path cache() {
        return root.resolve("cache");
    }

    /** A deployment's own folder for temporary files. */
    public Path temporary(UUID deployment) {
        return deployment(deployment).resolve("tmp");
    }

    /** The folder that programs of a deployment take for their home. */
    public Path home(UUID deployment) {
        return deployment(deployment).resolve("home");
    }

    /** What git is to know where it fetches from a repository of this machine. */
    public Path gitSettings(UUID deployment) {
        return deployment(deployment).resolve("gitconfig");
    }

    public Path deployment(UUID deployment) {
        return root.resolve(deployment.toString());
    }

    /** @param component as {@link #label} gives it */
    public Path source(UUID deployment, String component) {
        return deployment(deployment).resolve("source").resolve(component);
    }

    public Path work(UUID deployment, String name) {
        return deployment(deployment).resolve("work").resolve(name);
    }

    /** The names of a deployment's works, in order. */
    public List<String> works(UUID deployment) throws IOException {
        Path folder = deployment(deployment).resolve("work");
        if (Files.notExists(folder)) {
            return List.of();
        }
        try (var children = Files.list(folder)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /** One name for a component in files: components of different kinds may share theirs. */
    public static String label(String kind, String component) {
        return kind.toLowerCase(java.util.Locale.ROOT).replace('_', '-') + "-" + component;
    }

    /** The deployments that have files here. */
    public List<UUID> deployments() throws IOException {
        if (Files.notExists(root)) {
            return List.of();
        }
        try (var children = Files.list(root)) {
            return children.filter(Files::isDirectory)
                    .filter(MooringHome::isId)
                    .map(child -> UUID.fromString(child.getFileName().toString()))
                    .toList();
        }
    }
}
