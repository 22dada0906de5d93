/** What is true of PostgreSQL wherever it runs: versions, names, settings, sizes. */
package dev.mooring.engine.postgres;
