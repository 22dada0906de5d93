/** Mooring's own sessions on servers of this machine: who may be at their other end, and what it is told. */
@NullMarked
package dev.mooring.process.postgres.session;

import org.jspecify.annotations.NullMarked;
