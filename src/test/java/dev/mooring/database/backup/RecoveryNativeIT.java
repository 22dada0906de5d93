package dev.mooring.database.backup;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class RecoveryNativeIT extends RecoveryTest {}
