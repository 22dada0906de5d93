/**
 * PostgreSQL as a program of this machine: its bundles, its tools, its postmaster.
 * For the plane and for the metadata.
 */
@NullMarked
package dev.mooring.process.postgres;

import org.jspecify.annotations.NullMarked;
