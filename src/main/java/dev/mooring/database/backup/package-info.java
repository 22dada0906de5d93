/** Backups and what can be recovered from them: schedule, policy, window, drills, the sources of a restore or fork. */
@NullMarked
package dev.mooring.database.backup;

import org.jspecify.annotations.NullMarked;
