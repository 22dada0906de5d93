/** What has happened to clusters, as their owners read it. */
@NullMarked
package dev.mooring.database.event;

import org.jspecify.annotations.NullMarked;
