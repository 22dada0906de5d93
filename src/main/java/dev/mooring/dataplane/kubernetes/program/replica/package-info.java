/** Read-only nodes of clusters on Kubernetes. */
@NullMarked
package dev.mooring.dataplane.kubernetes.program.replica;

import org.jspecify.annotations.NullMarked;
