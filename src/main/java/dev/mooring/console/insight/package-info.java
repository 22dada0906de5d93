/** What goes on in a cluster: its log, its measurements. */
@NullMarked
package dev.mooring.console.insight;

import org.jspecify.annotations.NullMarked;
