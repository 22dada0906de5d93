/** The operation table: every statement on it, but for the one that queues. */
package dev.mooring.operation.store;
