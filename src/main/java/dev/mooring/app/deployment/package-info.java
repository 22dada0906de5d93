/** Deployments as users see them: begun, shown with their progress. */
@NullMarked
package dev.mooring.app.deployment;

import org.jspecify.annotations.NullMarked;
