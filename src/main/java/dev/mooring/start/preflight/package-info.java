/** What is looked at before anything is made or started: settings, ports, folders, disk. Every problem is told at once. */
@NullMarked
package dev.mooring.start.preflight;

import org.jspecify.annotations.NullMarked;
