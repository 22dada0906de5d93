/**
 * What becomes of an app's spec: databases made and bound, code fetched, built and run, the old deployment retired. Programs
 * of the operation engine; they touch no rows of apps.
 */
@NullMarked
package dev.mooring.app.release;

import org.jspecify.annotations.NullMarked;
