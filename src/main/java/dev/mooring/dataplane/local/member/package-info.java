/** A cluster's roles and databases as its server has them: made, changed, and removed from under whoever uses them. */
@NullMarked
package dev.mooring.dataplane.local.member;

import org.jspecify.annotations.NullMarked;
