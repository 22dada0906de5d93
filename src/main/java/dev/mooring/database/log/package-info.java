/** What clusters' servers write into their logs. */
@NullMarked
package dev.mooring.database.log;

import org.jspecify.annotations.NullMarked;
