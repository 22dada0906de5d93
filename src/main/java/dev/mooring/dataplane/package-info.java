/**
 * Where databases really run, in neutral terms: what a cluster should be ({@link dev.mooring.dataplane.ClusterSpec}), what is
 * known of it ({@link dev.mooring.dataplane.facts.ClusterFacts}), and one program for each change, plane and engine
 * ({@link dev.mooring.dataplane.ChangeProgram}), found through {@link dev.mooring.dataplane.DataPlanes}.
 *
 * <p>Imports only the operation engine and this machine's home. Nothing here knows the metadata's rows or HTTP.
 */
@NullMarked
package dev.mooring.dataplane;

import org.jspecify.annotations.NullMarked;
