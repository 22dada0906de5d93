/** Other versions of PostgreSQL for clusters on Kubernetes, minor and major. */
@NullMarked
package dev.mooring.dataplane.kubernetes.program.upgrade;

import org.jspecify.annotations.NullMarked;
