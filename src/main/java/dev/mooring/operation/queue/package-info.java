/** The engine as features see it: queue an operation, look at it, wish something of it. */
package dev.mooring.operation.queue;
