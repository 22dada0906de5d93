/** The command {@code mooring}: which of its programs runs. */
package dev.mooring.command;
