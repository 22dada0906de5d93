/**
 * The app spec: its tree, its rules, its secrets, and what {@code ${…}} in it refers to. Knows nothing of HTTP, rows or
 * operations.
 */
@NullMarked
package dev.mooring.app.spec;

import org.jspecify.annotations.NullMarked;
