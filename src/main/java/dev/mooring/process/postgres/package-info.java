/**
 * PostgreSQL as a program of this machine: its bundles, its tools, its postmaster.
 * For the plane and for the metadata.
 */
package dev.mooring.process.postgres;
