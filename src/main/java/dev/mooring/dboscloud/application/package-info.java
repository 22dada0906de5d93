/** An application as it was registered and uploaded, and the spec that it becomes. */
@NullMarked
package dev.mooring.dboscloud.application;

import org.jspecify.annotations.NullMarked;
