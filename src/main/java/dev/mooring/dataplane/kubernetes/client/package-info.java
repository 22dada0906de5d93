/** Objects of the API server: applied, read, deleted; what it refuses, and when it cannot be asked. */
@NullMarked
package dev.mooring.dataplane.kubernetes.client;

import org.jspecify.annotations.NullMarked;
