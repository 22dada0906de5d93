/** The engine as features see it: queue an operation, look at it, wish something of it. */
@NullMarked
package dev.mooring.operation.queue;

import org.jspecify.annotations.NullMarked;
