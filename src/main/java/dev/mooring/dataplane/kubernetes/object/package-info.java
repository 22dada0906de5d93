/** What a cluster should be, as Kubernetes objects: whole ones, each made of the spec alone. */
@NullMarked
package dev.mooring.dataplane.kubernetes.object;

import org.jspecify.annotations.NullMarked;
