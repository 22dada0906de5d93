package dev.mooring.app.binding;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class ConversionNativeIT extends ConversionTest {}
