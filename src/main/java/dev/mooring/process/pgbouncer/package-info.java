/** PgBouncer as a program: which one of the machine, a process of it that outlives Mooring, and its console. */
@NullMarked
package dev.mooring.process.pgbouncer;

import org.jspecify.annotations.NullMarked;
