/** Users and databases of a cluster: the rules of their making, change and end, and their endpoints. */
@NullMarked
package dev.mooring.database.member;

import org.jspecify.annotations.NullMarked;
