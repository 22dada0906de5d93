/** On which worker node a cluster runs, and which ports are its own. */
package dev.mooring.database.placement;
