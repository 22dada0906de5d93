package dev.mooring.database;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class AdministratorBoundaryNativeIT extends AdministratorBoundaryTest {}
