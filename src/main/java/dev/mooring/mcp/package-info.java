/**
 * The Model Context Protocol, which agents speak: its messages, and the endpoint that takes them. Each is answered by itself and
 * nothing is kept between two, so any process of an installation can answer, also right after a start.
 */
@NullMarked
package dev.mooring.mcp;

import org.jspecify.annotations.NullMarked;
