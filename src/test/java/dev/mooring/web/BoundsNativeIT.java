package dev.mooring.web;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the native executable. */
@QuarkusIntegrationTest
class BoundsNativeIT extends BoundsTest {}
