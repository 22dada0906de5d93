package dev.mooring.mcp;

import java.util.List;

/** The revisions of the protocol that are spoken here. */
final class McpVersions {

    /** Every request says all that is needed to answer it. */
    static final String MODERN = "2026-07-28";

    /** Those that begin with a handshake, newest first. Nothing has to be kept of it. */
    static final List<String> LEGACY = List.of("2025-11-25", "2025-06-18", "2025-03-26");

    static final List<String> ALL = List.of(MODERN, "2025-11-25", "2025-06-18", "2025-03-26");

    private McpVersions() {}
}
