package dev.mooring.support;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Step;
import java.lang.reflect.Constructor;
import java.util.Arrays;
import java.util.List;

/**
 * What a program says of itself.
 *
 * @param plane where the clusters run; empty for what is no change of a cluster
 * @param engine of the clusters that it is for; empty for what is no change of a cluster
 * @param steps in the order of its enum
 * @param rollBack ends a failure or a cancellation
 */
public record Program(String kind, String plane, String engine, List<? extends Step> steps, Step rollBack) {

    /** Every one of the main code, found among its classes: a new one is here without anybody adding it. */
    public static List<Program> all() {
        return Found.ALL;
    }

    /** It takes seconds, and is done once, for those who ask. */
    private static final class Found {
        private static final List<Program> ALL = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.mooring").stream()
                        .filter(found -> found.isAssignableTo(dev.mooring.operation.Program.class))
                        .filter(found ->
                                !found.isInterface() && !found.getModifiers().contains(JavaModifier.ABSTRACT))
                        .map(JavaClass::reflect)
                        .map(Program::of)
                        .toList();
    }

    /** On the local plane, and of PostgreSQL where several engines have one. */
    public static Program of(String kind) {
        return of(kind, LocalClusters.PLANE);
    }

    /** Of PostgreSQL where several engines have one. */
    public static Program of(String kind, String plane) {
        return all().stream()
                .filter(program -> program.kind().equals(kind))
                .filter(program -> program.plane().isEmpty() || program.plane().equals(plane))
                .filter(program -> !program.engine().equals(KafkaEngine.ENGINE))
                .findFirst()
                .orElseThrow();
    }

    /** It is only asked for its names, for which it needs nobody that it works with. */
    private static Program of(Class<?> type) {
        try {
            Constructor<?> constructor = type.getDeclaredConstructors()[0];
            constructor.setAccessible(true);
            var program = (dev.mooring.operation.Program<?, ?, ?>)
                    constructor.newInstance(new Object[constructor.getParameterCount()]);
            return new Program(
                    program.kind(),
                    program.plane(),
                    program.engine(),
                    Arrays.asList(program.steps().getEnumConstants()),
                    (Step) program.rollBack());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " cannot be asked for its steps", e);
        }
    }
}
