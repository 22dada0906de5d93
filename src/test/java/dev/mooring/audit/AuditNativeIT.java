package dev.mooring.audit;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class AuditNativeIT extends AuditTest {}
