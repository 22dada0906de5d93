/** A home that is backed up, and one that is made of a backup. */
@NullMarked
package dev.mooring.command.home;

import org.jspecify.annotations.NullMarked;
