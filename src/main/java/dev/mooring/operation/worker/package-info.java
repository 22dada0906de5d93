/** Who runs operations: claims them, runs their steps in slots, renews leases, and writes each way out of a step. */
@NullMarked
package dev.mooring.operation.worker;

import org.jspecify.annotations.NullMarked;
