package dev.mooring.dataplane;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Every plane that this Mooring has, and the programs of each. Whatever is on the class path is found: nobody lists them. */
@ApplicationScoped
public class DataPlanes {

    /** Says where new clusters go; a plane's name. */
    public static final String SETTING = "mooring.dataplane";

    private final Map<String, DataPlane> planes = new TreeMap<>();
    private final Map<Key, ChangeProgram<?, ?>> programs = new HashMap<>();

    private record Key(Change change, String plane, String engine) {}

    DataPlanes(@All List<DataPlane> planes, @All List<ChangeProgram<?, ?>> programs) {
        for (DataPlane plane : planes) {
            if (this.planes.put(plane.name(), plane) != null) {
                throw new IllegalStateException("two planes are called " + plane.name());
            }
        }
        for (ChangeProgram<?, ?> program : programs) {
            this.programs.put(new Key(program.change(), program.plane(), program.engine()), program);
        }
    }

    public List<DataPlane> all() {
        return List.copyOf(planes.values());
    }

    /** Empty for one that this Mooring does not have (any more). */
    public Optional<DataPlane> find(String plane) {
        return Optional.ofNullable(planes.get(plane));
    }

    /** The names that clients are told, of every plane. */
    public List<String> hosts() {
        return planes.values().stream()
                .map(plane -> plane.offer().host())
                .distinct()
                .toList();
    }

    /** How many nodes a cluster of the engine can have, wherever it is placed best. */
    public int mostNodes(String engine) {
        return planes.values().stream()
                .mapToInt(plane -> plane.mostNodes(engine))
                .max()
                .orElse(1);
    }

    /** Whether apps can be given databases: some plane has such. */
    public boolean servesApps() {
        return planes.values().stream().anyMatch(DataPlane::servesApps);
    }

    /** Of the plane that has some: empty where no app is run by others. */
    public Optional<ComponentSecrets> componentSecrets() {
        return planes.values().stream()
                .flatMap(plane -> plane.componentSecrets().stream())
                .findFirst();
    }

    /** Why no plane of this process offers the engine; empty when nothing is known against it. */
    public Optional<String> missing(String engine) {
        return planes.values().stream()
                .flatMap(plane -> plane.missing(engine).stream())
                .findFirst();
    }

    /** Empty when the plane does not do that to the engine's clusters. */
    public Optional<ChangeProgram<?, ?>> program(Change change, String plane, String engine) {
        return Optional.<ChangeProgram<?, ?>>ofNullable(programs.get(new Key(change, plane, engine)))
                .filter(program -> program.missing().isEmpty());
    }

    /** Why the plane does not do what it could do to the engine's clusters; empty when it does, or knows no such thing. */
    public Optional<String> missing(Change change, String plane, String engine) {
        return Optional.<ChangeProgram<?, ?>>ofNullable(programs.get(new Key(change, plane, engine)))
                .flatMap(ChangeProgram::missing);
    }
}
