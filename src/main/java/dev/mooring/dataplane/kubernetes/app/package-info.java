/** What apps are given that somebody else runs on Kubernetes. */
@NullMarked
package dev.mooring.dataplane.kubernetes.app;

import org.jspecify.annotations.NullMarked;
