package dev.mooring.database.migration;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class OnlineMigrationNativeIT extends OnlineMigrationTest {}
