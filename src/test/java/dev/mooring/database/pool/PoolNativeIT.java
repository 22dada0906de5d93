package dev.mooring.database.pool;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class PoolNativeIT extends PoolTest {}
