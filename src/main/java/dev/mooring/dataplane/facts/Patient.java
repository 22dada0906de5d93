package dev.mooring.dataplane.facts;

import org.jspecify.annotations.Nullable;

/**
 * Facts of a program that waits out refusals which may pass by themselves.
 *
 * @param <F> the facts themselves
 */
public interface Patient<F> {

    /** RFC 3339: since when what may still become right is refused. */
    @Nullable
    String refusedSince();

    /** The same with another time. */
    F refused(@Nullable String since);
}
