/** What moving a cluster's databases from one server to another is made of. The programs put it together. */
@NullMarked
package dev.mooring.dataplane.local.upgrade;

import org.jspecify.annotations.NullMarked;
