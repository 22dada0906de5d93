/**
 * The Model Context Protocol, which agents speak: its messages, and the endpoint that takes them. Each is answered by itself and
 * nothing is kept between two, so any process of an installation can answer, also right after a start.
 */
package dev.mooring.mcp;
