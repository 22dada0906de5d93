package dev.mooring.access;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class VanishingNativeIT extends VanishingTest {}
