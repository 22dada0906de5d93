/** What an upgrade does with one server, the source or the target: copies it, gates it, looks into it. */
@NullMarked
package dev.mooring.dataplane.local.upgrade.server;

import org.jspecify.annotations.NullMarked;
