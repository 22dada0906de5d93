/** The changes of clusters on Kubernetes, one readable file each. */
package dev.mooring.dataplane.kubernetes.program;
