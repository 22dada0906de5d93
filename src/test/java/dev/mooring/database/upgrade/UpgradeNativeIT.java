package dev.mooring.database.upgrade;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class UpgradeNativeIT extends UpgradeTest {}
