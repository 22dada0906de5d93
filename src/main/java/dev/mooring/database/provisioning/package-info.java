/** How clusters come to be, grow, move and go: the rules, the endpoints, the options. */
@NullMarked
package dev.mooring.database.provisioning;

import org.jspecify.annotations.NullMarked;
