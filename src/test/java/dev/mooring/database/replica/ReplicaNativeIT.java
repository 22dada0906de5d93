package dev.mooring.database.replica;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class ReplicaNativeIT extends ReplicaTest {}
