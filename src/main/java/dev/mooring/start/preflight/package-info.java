/** What is looked at before anything is made or started: settings, ports, folders, disk. Every problem is told at once. */
package dev.mooring.start.preflight;
