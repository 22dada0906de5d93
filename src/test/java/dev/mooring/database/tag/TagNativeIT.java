package dev.mooring.database.tag;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class TagNativeIT extends TagTest {}
