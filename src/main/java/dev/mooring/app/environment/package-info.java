/** What a component of an app gets: its variables, and how its databases are reached. */
@NullMarked
package dev.mooring.app.environment;

import org.jspecify.annotations.NullMarked;
