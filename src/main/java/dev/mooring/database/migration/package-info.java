/** Online migrations from a server elsewhere: the endpoints, the rules and the outcome. */
@NullMarked
package dev.mooring.database.migration;

import org.jspecify.annotations.NullMarked;
