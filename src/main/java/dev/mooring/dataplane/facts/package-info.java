/** What programs have found out, measured and left behind, in words that every plane has. */
@NullMarked
package dev.mooring.dataplane.facts;

import org.jspecify.annotations.NullMarked;
