/** The operation table over HTTP. Apart from the engine, which knows nothing of callers. */
package dev.mooring.operation.api;
