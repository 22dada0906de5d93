package dev.mooring.process;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Where programs that come with Mooring lie. */
public final class ProgramFolders {

    private ProgramFolders() {}

    /** What a setting of the same name says; without one, where the build puts what it fetches. */
    public static Set<Path> named(String name) {
        String set = System.getProperty("mooring." + name, System.getenv("MOORING_" + name.toUpperCase(Locale.ROOT)));
        if (set != null && !set.isBlank()) {
            return Set.of(Path.of(set));
        }
        Set<Path> folders = new LinkedHashSet<>();
        applicationFolder().ifPresent(application -> {
            folders.add(application.resolve(name));
            folders.add(application.resolveSibling(name));
        });
        folders.add(Path.of("target", name).toAbsolutePath());
        return folders;
    }

    /** The folder of the runnable jar or executable. */
    private static Optional<Path> applicationFolder() {
        String jar = System.getProperty("java.class.path", "");
        if (jar.endsWith(".jar") && !jar.contains(java.io.File.pathSeparator)) {
            return Optional.ofNullable(Path.of(jar).toAbsolutePath().getParent());
        }
        return ProcessHandle.current()
                .info()
                .command()
                .map(command -> Path.of(command).getParent());
    }
}
