/**
 * A small process of its own, left behind by Mooring, that keeps the servers of a home running and lets nodes that follow take a lost primary's
 * place while Mooring is away. It knows files and processes, and neither the metadata nor the API.
 */
@NullMarked
package dev.mooring.dataplane.local.watch;

import org.jspecify.annotations.NullMarked;
