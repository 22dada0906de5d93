package dev.mooring.dboscloud;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class InstancesNativeIT extends InstancesTest {}
