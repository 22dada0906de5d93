/** A home that is backed up, and one that is made of a backup. */
package dev.mooring.command.home;
