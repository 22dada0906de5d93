/**
 * The app spec: its tree, its rules, its secrets, and what {@code ${…}} in it refers to. Knows nothing of HTTP, rows or
 * operations.
 */
package dev.mooring.app.spec;
