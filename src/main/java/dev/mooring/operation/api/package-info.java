/** The operation table over HTTP. Apart from the engine, which knows nothing of callers. */
@NullMarked
package dev.mooring.operation.api;

import org.jspecify.annotations.NullMarked;
