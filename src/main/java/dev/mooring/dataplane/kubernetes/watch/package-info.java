/** What nobody is told of: workers look for it. */
@NullMarked
package dev.mooring.dataplane.kubernetes.watch;

import org.jspecify.annotations.NullMarked;
