package dev.mooring.database.node;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class StandbyNativeIT extends StandbyTest {}
