/** What is true of PostgreSQL wherever it runs: versions, names, settings, sizes. */
@NullMarked
package dev.mooring.engine.postgres;

import org.jspecify.annotations.NullMarked;
