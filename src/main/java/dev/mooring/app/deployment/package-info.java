/** Deployments as users see them: begun, shown with their progress. */
package dev.mooring.app.deployment;
