/** New versions of a server: minor ones, major ones and the way back, the window in which they are installed. */
package dev.mooring.database.upgrade;
