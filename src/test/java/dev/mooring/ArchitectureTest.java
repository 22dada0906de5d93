package dev.mooring;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.CanBeAnnotated.Predicates.annotatedWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import jakarta.persistence.Entity;
import java.time.Clock;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/** Arrows between packages run one way. */
@AnalyzeClasses(packages = "dev.mooring", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule noCircles =
            slices().matching("dev.mooring.(**)").should().beFreeOfCycles();

    /** What lies on a floor knows the floors that are named with it, and no others; what starts all of this knows it all. */
    private static final Map<String, Set<String>> KNOWN = Map.ofEntries(
            entry("web", Set.of()),
            entry("home", Set.of()),
            entry("outbound", Set.of()),
            entry("process", Set.of("home")),
            entry("operation", Set.of("access", "web")),
            entry("access", Set.of("operation", "home", "web")),
            entry("audit", Set.of("access", "operation", "home", "web")),
            entry("engine", Set.of("web")),
            entry("dataplane", Set.of("engine", "operation", "outbound", "process", "home")),
            entry("database", Set.of("dataplane", "engine", "operation", "access", "outbound", "home", "web")),
            entry(
                    "app",
                    Set.of(
                            "database",
                            "dboscloud",
                            "dataplane",
                            "engine",
                            "operation",
                            "access",
                            "outbound",
                            "process",
                            "home",
                            "web")),
            entry(
                    "dboscloud",
                    Set.of("app", "database", "engine", "operation", "access", "outbound", "process", "home", "web")),
            entry("console", Set.of("app", "database", "operation", "access", "web")),
            entry("mcp", Set.of("database", "operation", "access", "web")));

    private static final Set<String> TOP = Set.of("command", "start");

    @ArchTest
    static final ArchRule floors = floors();

    private static ArchRule floors() {
        LayeredArchitecture floors = layeredArchitecture().consideringOnlyDependenciesInLayers();
        Set<String> all = new HashSet<>(KNOWN.keySet());
        all.addAll(TOP);
        for (String floor : all) {
            floors = floors.layer(floor).definedBy("dev.mooring." + floor + "..");
        }
        for (Map.Entry<String, Set<String>> floor : KNOWN.entrySet()) {
            LayeredArchitecture.LayerDependencySpecification its = floors.whereLayer(floor.getKey());
            floors = floor.getValue().isEmpty()
                    ? its.mayNotAccessAnyLayer()
                    : its.mayOnlyAccessLayers(floor.getValue().toArray(String[]::new));
        }
        return floors;
    }

    @ArchTest
    static final ArchRule operation = noClasses()
            .that()
            .resideInAPackage("dev.mooring.operation")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.mooring..").and(not(resideInAPackage("dev.mooring.operation"))));

    /** Pages and agents' tools tell what the API answers with and change what it changes: no rows, no statements, no transactions. */
    @ArchTest
    static final ArchRule pagesAndToolsKnowNoRows = noClasses()
            .that()
            .resideInAnyPackage("dev.mooring.console..", "dev.mooring.mcp..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "io.vertx.mutiny.sqlclient..",
                            "io.vertx.sqlclient..",
                            "io.quarkus.hibernate..",
                            "org.hibernate..",
                            "jakarta.persistence..",
                            "dev.mooring.app.record..",
                            "dev.mooring.operation.store..")
                    .or(annotatedWith(Entity.class)));

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

    @ArchTest
    static void packagesSayWhatMayBeNull(JavaClasses classes) {
        assertThat(classes.stream()
                        .map(JavaClass::getPackage)
                        .filter(found -> !found.isAnnotatedWith(NullMarked.class))
                        .map(JavaPackage::getName)
                        .distinct())
                .as("packages without @NullMarked")
                .isEmpty();
    }

    /** What reads the machine's clocks itself. The list may only become shorter: others are given a {@link Clock}. */
    private static final String READ_THE_CLOCK = """
            dev.mooring.app.release.DeployFacts
            dev.mooring.command.OperationsCommand
            dev.mooring.console.cluster.Offer
            dev.mooring.console.insight.MetricPages
            dev.mooring.console.operation.OperationPages
            dev.mooring.console.operation.Running
            dev.mooring.database.backup.BackupOutcomeHandler
            dev.mooring.database.event.ClusterEvent
            dev.mooring.dataplane.kafka.LiveTopics
            dev.mooring.dataplane.kubernetes.KubernetesDataPlane
            dev.mooring.dataplane.local.archive.ClusterArchive
            dev.mooring.dataplane.local.archive.Readers
            dev.mooring.dataplane.local.archive.backup.PartWriter
            dev.mooring.dataplane.local.cluster.Configuration
            dev.mooring.dataplane.local.kafka.admin.LiveSettings
            dev.mooring.dataplane.local.kafka.broker.BrokerCertificates
            dev.mooring.dataplane.local.kafka.program.KafkaProgram
            dev.mooring.dataplane.local.kafka.program.UpgradeKafka
            dev.mooring.dataplane.local.postgres.SystemIdentifier
            dev.mooring.dataplane.local.standby.FollowerCare
            dev.mooring.dataplane.local.standby.ReadOnlySpec
            dev.mooring.dataplane.local.standby.StraySlots
            dev.mooring.dataplane.local.standby.takeover.Heirs
            dev.mooring.dataplane.local.standby.takeover.RoleSwap
            dev.mooring.dataplane.local.upgrade.FolderExchange
            dev.mooring.dataplane.local.upgrade.Replication
            dev.mooring.dataplane.local.upgrade.ReplicationEnd
            dev.mooring.dataplane.local.upgrade.server.ConnectionGate
            dev.mooring.dataplane.local.upgrade.server.PhysicalCopy
            dev.mooring.dataplane.local.upgrade.server.WriteProbe
            dev.mooring.dataplane.local.watch.Watch
            dev.mooring.home.SupervisionLock
            dev.mooring.operation.store.LeaseStore
            dev.mooring.start.Bootstrap
            dev.mooring.start.Producers
            dev.mooring.time.Monotonic""";

    @ArchTest
    static void theTimeIsGiven(JavaClasses classes) {
        assertThat(classes.stream()
                        .filter(found -> found.getMethodCallsFromSelf().stream().anyMatch(ArchitectureTest::readsAClock)
                                || found.getMethodReferencesFromSelf().stream().anyMatch(ArchitectureTest::readsAClock))
                        .map(found -> found.getName().replaceAll("\\$.*", ""))
                        .distinct())
                .as("classes that ask for the time themselves; what takes long is measured by dev.mooring.time")
                .containsExactlyInAnyOrderElementsOf(READ_THE_CLOCK.lines().toList());
    }

    private static boolean readsAClock(JavaCodeUnitAccess<?> access) {
        JavaClass owner = access.getTargetOwner();
        String method = access.getName();
        return owner.isEquivalentTo(System.class) && (method.equals("nanoTime") || method.equals("currentTimeMillis"))
                || owner.isEquivalentTo(Clock.class) && method.startsWith("system")
                || owner.getPackageName().equals("java.time")
                        && method.equals("now")
                        && access.getTarget().getRawParameterTypes().stream()
                                .noneMatch(parameter -> parameter.isEquivalentTo(Clock.class));
    }
}
