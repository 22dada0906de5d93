package dev.mooring.mcp;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, asked of the native executable. */
@QuarkusIntegrationTest
class McpMessageNativeIT extends McpMessageTest {}
