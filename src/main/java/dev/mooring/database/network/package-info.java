/** Who may connect to a cluster and under which host names it answers. */
package dev.mooring.database.network;
