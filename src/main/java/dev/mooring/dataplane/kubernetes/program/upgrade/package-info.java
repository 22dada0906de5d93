/** Other versions of PostgreSQL for clusters on Kubernetes, minor and major. */
package dev.mooring.dataplane.kubernetes.program.upgrade;
