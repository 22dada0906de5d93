/** One file per operation on local clusters, each readable from top to bottom. */
package dev.mooring.dataplane.local.program;
