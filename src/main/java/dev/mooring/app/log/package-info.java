/** Logs of an app's parts and builds, as addresses for a client to follow and as text. */
@NullMarked
package dev.mooring.app.log;

import org.jspecify.annotations.NullMarked;
