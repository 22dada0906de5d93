package dev.mooring;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.CanBeAnnotated.Predicates.annotatedWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import jakarta.persistence.Entity;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

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
            dev.mooring.dataplane.local.kafka.broker.Brokers
            dev.mooring.dataplane.local.kafka.program.KafkaProgram
            dev.mooring.dataplane.local.kafka.program.UpgradeKafka
            dev.mooring.dataplane.local.postgres.SystemIdentifier
            dev.mooring.dataplane.local.standby.FollowerCare
            dev.mooring.dataplane.local.standby.ReadOnlySpec
            dev.mooring.dataplane.local.standby.StraySlots
            dev.mooring.dataplane.local.standby.takeover.Heirs
            dev.mooring.dataplane.local.standby.takeover.RoleSwap
            dev.mooring.dataplane.local.upgrade.CutOver
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
