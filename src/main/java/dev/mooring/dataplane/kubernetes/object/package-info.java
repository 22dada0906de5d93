/** What a cluster should be, as Kubernetes objects: whole ones, each made of the spec alone. */
package dev.mooring.dataplane.kubernetes.object;
