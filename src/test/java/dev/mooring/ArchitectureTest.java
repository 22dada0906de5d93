package dev.mooring;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.CanBeAnnotated.Predicates.annotatedWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import jakarta.persistence.Entity;
import java.util.List;
import java.util.stream.Stream;

/** Arrows between packages run one way. */
@AnalyzeClasses(packages = "dev.mooring", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule noCircles =
            slices().matching("dev.mooring.(**)").should().beFreeOfCycles();

    private static final String[] FLOORS = {
        "command",
        "start",
        "console",
        "mcp",
        "dboscloud",
        "app",
        "database",
        "dataplane",
        "engine",
        "operation",
        "audit",
        "access",
        "outbound",
        "home",
        "web"
    };

    /** What lies on a floor may know the floors that are named with it, and no others. */
    private static ArchRule knowsOnly(String floor, String... known) {
        String[] others = Stream.of(FLOORS)
                .filter(other -> !other.equals(floor) && !List.of(known).contains(other))
                .map(other -> "dev.mooring." + other + "..")
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage("dev.mooring." + floor + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others);
    }

    @ArchTest
    static final ArchRule web = knowsOnly("web");

    @ArchTest
    static final ArchRule home = knowsOnly("home");

    @ArchTest
    static final ArchRule process = knowsOnly("process", "home");

    @ArchTest
    static final ArchRule outbound = knowsOnly("outbound");

    @ArchTest
    static final ArchRule operation = noClasses()
            .that()
            .resideInAPackage("dev.mooring.operation")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.mooring..").and(not(resideInAPackage("dev.mooring.operation"))));

    @ArchTest
    static final ArchRule operationsApi = knowsOnly("operation", "access", "web");

    @ArchTest
    static final ArchRule access = knowsOnly("access", "operation", "home", "web");

    @ArchTest
    static final ArchRule audit = knowsOnly("audit", "access", "operation", "home", "web");

    @ArchTest
    static final ArchRule engine = knowsOnly("engine", "web");

    @ArchTest
    static final ArchRule dataPlane = knowsOnly("dataplane", "engine", "operation", "outbound", "process", "home");

    @ArchTest
    static final ArchRule database =
            knowsOnly("database", "dataplane", "engine", "operation", "access", "outbound", "home", "web");

    @ArchTest
    static final ArchRule app = knowsOnly(
            "app",
            "database",
            "dboscloud",
            "dataplane",
            "engine",
            "operation",
            "access",
            "outbound",
            "process",
            "home",
            "web");

    @ArchTest
    static final ArchRule console = knowsOnly("console", "app", "database", "operation", "access", "web");

    @ArchTest
    static final ArchRule mcp = knowsOnly("mcp", "database", "operation", "access", "web");

    /** Pages and agents' tools tell what the API answers with and change what it changes: no rows, no statements, no transactions. */
    @ArchTest
    static final ArchRule pagesAndToolsKnowNoRows = noClasses()
            .that()
            .resideInAnyPackage("dev.mooring.console..", "dev.mooring.mcp..")
            .should()
            .dependOnClassesThat(annotatedWith(Entity.class)
                    .or(resideInAnyPackage(
                            "io.vertx.mutiny.sqlclient..",
                            "io.vertx.sqlclient..",
                            "io.quarkus.hibernate..",
                            "org.hibernate..",
                            "jakarta.persistence..",
                            "dev.mooring.app.record..",
                            "dev.mooring.operation.store..")));

    @ArchTest
    static final ArchRule nobodyImportsTheStart = noClasses()
            .that()
            .resideOutsideOfPackages("dev.mooring.start..", "dev.mooring.command..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.mooring.start..");

    @ArchTest
    static final ArchRule nobodyAboveThePlanesKnowsOne = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.mooring.database..", "dev.mooring.dboscloud..", "dev.mooring.app..", "dev.mooring.start..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.mooring.dataplane.local..", "dev.mooring.dataplane.kubernetes..");

    @ArchTest
    static final ArchRule planesDoNotKnowEachOther = noClasses()
            .that()
            .resideInAPackage("dev.mooring.dataplane.kubernetes..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.mooring.dataplane.local..");
}
