/**
 * What agents are offered. A tool calls the API's own methods as the caller's token, so that it can do nothing that the API would
 * refuse, and it never answers with a password. No rule, no row and no SQL lives here.
 */
@NullMarked
package dev.mooring.mcp.tool;

import org.jspecify.annotations.NullMarked;
