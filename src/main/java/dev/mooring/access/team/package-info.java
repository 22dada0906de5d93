/** Teams: whom the administrator lets in, and how much each may have. */
@NullMarked
package dev.mooring.access.team;

import org.jspecify.annotations.NullMarked;
