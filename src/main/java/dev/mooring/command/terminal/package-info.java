/** What commands show at a terminal and are told there: tables, Ctrl-C, and a plain prompt where there is no psql. */
@NullMarked
package dev.mooring.command.terminal;

import org.jspecify.annotations.NullMarked;
