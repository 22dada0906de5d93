/** Objects of the API server: applied, read, deleted; what it refuses, and when it cannot be asked. */
package dev.mooring.dataplane.kubernetes.client;
