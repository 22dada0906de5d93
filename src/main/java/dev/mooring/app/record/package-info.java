/** Rows of apps and deployments, and how they are found. Below every other room of apps but the release. */
@NullMarked
package dev.mooring.app.record;

import org.jspecify.annotations.NullMarked;
