/** Who may connect to a cluster and under which host names it answers. */
@NullMarked
package dev.mooring.database.network;

import org.jspecify.annotations.NullMarked;
