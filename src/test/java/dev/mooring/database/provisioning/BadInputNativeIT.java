package dev.mooring.database.provisioning;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class BadInputNativeIT extends BadInputTest {}
