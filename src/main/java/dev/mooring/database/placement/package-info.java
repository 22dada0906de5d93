/** On which worker node a cluster runs, and which ports are its own. */
@NullMarked
package dev.mooring.database.placement;

import org.jspecify.annotations.NullMarked;
