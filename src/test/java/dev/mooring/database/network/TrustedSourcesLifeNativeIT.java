package dev.mooring.database.network;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class TrustedSourcesLifeNativeIT extends TrustedSourcesLifeTest {}
