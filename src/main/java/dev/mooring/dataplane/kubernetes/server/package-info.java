/** What is known of a cluster's servers: by the operator's word, and by asking them. */
@NullMarked
package dev.mooring.dataplane.kubernetes.server;

import org.jspecify.annotations.NullMarked;
