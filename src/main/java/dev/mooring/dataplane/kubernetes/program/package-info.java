/** The changes of clusters on Kubernetes, one readable file each. */
@NullMarked
package dev.mooring.dataplane.kubernetes.program;

import org.jspecify.annotations.NullMarked;
