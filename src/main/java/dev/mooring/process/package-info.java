/**
 * Programs that run under an account of their own, and how they are handed what they need without showing it.
 * For servers and for apps.
 */
@NullMarked
package dev.mooring.process;

import org.jspecify.annotations.NullMarked;
