/** What commands ask of a Mooring that runs: its address, its API, and operations that are followed to their end. */
package dev.mooring.command.remote;
