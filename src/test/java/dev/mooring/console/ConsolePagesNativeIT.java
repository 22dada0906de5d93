package dev.mooring.console;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class ConsolePagesNativeIT extends ConsolePagesTest {}
