/** Who runs operations: claims them, runs their steps in slots, renews leases, and writes each way out of a step. */
package dev.mooring.operation.worker;
