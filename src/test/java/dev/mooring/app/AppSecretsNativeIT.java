package dev.mooring.app;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class AppSecretsNativeIT extends AppSecretsTest {}
