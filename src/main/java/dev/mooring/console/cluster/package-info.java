/** Database clusters: the list, a new one, and the pages of each. */
@NullMarked
package dev.mooring.console.cluster;

import org.jspecify.annotations.NullMarked;
