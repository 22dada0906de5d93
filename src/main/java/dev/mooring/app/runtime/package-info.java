/**
 * Apps as processes of this machine: named work that outlives Mooring and can be asked how it stands, the processes of
 * active deployments kept running, and one address for each app. Knows nothing of specs, rows or operations.
 */
@NullMarked
package dev.mooring.app.runtime;

import org.jspecify.annotations.NullMarked;
