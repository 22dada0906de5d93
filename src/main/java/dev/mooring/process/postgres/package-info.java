/**
 * PostgreSQL as a program of this machine: its bundles, its tools, its postmaster, and sessions of its superuser.
 * For the plane and for the metadata.
 */
package dev.mooring.process.postgres;
