/** What is true of an engine wherever its clusters run: versions, sizes, settings, how clients connect. */
package dev.mooring.engine;
