package dev.mooring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Arrows between packages run one way. */
@AnalyzeClasses(packages = "dev.mooring", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule noCircles =
            slices().matching("dev.mooring.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theEngineKnowsNothingOfUs = noClasses()
            .that()
            .resideInAPackage("dev.mooring.operation")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.mooring.web..",
                    "dev.mooring.access..",
                    "dev.mooring.home..",
                    "dev.mooring.database..",
                    "dev.mooring.dataplane..",
                    "dev.mooring.start..");

    @ArchTest
    static final ArchRule theDataPlaneKnowsOnlyTheEngineAndThisMachine = noClasses()
            .that()
            .resideInAPackage("dev.mooring.dataplane..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.mooring.web..", "dev.mooring.access..", "dev.mooring.database..", "dev.mooring.start..");

    @ArchTest
    static final ArchRule homeAndWebStandAlone = noClasses()
            .that()
            .resideInAnyPackage("dev.mooring.home..", "dev.mooring.web..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.mooring.access..",
                    "dev.mooring.operation..",
                    "dev.mooring.database..",
                    "dev.mooring.dataplane..",
                    "dev.mooring.start..");

    @ArchTest
    static final ArchRule nobodyImportsTheStart = noClasses()
            .that()
            .resideOutsideOfPackage("dev.mooring.start..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.mooring.start..");
}
