/** The operation table: every statement on it, but for the one that queues. */
@NullMarked
package dev.mooring.operation.store;

import org.jspecify.annotations.NullMarked;
