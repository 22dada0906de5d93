/** What commands ask of a Mooring that runs: its address, its API, and operations that are followed to their end. */
@NullMarked
package dev.mooring.command.remote;

import org.jspecify.annotations.NullMarked;
