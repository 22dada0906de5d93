/** The programs that change a cluster's major version: check, upgrade, undo and the end of the undo's window. */
@NullMarked
package dev.mooring.dataplane.local.program.upgrade;

import org.jspecify.annotations.NullMarked;
