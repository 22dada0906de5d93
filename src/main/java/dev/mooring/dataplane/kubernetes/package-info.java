/** Clusters that CloudNativePG runs: what should be is rendered as objects of a Kubernetes API server, and waited for there. */
@NullMarked
package dev.mooring.dataplane.kubernetes;

import org.jspecify.annotations.NullMarked;
