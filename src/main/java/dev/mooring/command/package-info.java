/** The command {@code mooring}: which of its programs runs. */
@NullMarked
package dev.mooring.command;

import org.jspecify.annotations.NullMarked;
