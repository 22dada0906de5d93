/** Where Mooring may connect to on behalf of a user. Imports nothing of ours. */
package dev.mooring.outbound;
