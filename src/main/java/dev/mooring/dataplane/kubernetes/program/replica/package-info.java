/** Read-only nodes of clusters on Kubernetes. */
package dev.mooring.dataplane.kubernetes.program.replica;
