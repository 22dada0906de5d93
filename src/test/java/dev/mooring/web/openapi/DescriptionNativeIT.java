package dev.mooring.web.openapi;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same of the native executable, which hands out what the build has written. */
@QuarkusIntegrationTest
class DescriptionNativeIT extends DescriptionTest {}
