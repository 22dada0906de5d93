package dev.mooring.database.config;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class ConfigPreviewNativeIT extends ConfigPreviewTest {}
