/** PgBouncer as a program: which one of the machine, a process of it that outlives Mooring, and its console. */
package dev.mooring.process.pgbouncer;
