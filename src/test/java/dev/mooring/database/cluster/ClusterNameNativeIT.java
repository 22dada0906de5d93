package dev.mooring.database.cluster;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class ClusterNameNativeIT extends ClusterNameTest {}
