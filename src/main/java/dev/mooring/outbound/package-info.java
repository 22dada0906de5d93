/** Where Mooring may connect to on behalf of a user. Imports nothing of ours. */
@NullMarked
package dev.mooring.outbound;

import org.jspecify.annotations.NullMarked;
