package dev.mooring.dataplane.facts;

/**
 * Facts of a program that waits out refusals which may pass by themselves.
 *
 * @param <F> the facts themselves
 */
public interface Patient<F> {

    /** RFC 3339: since when what may still become right is refused; null when nothing is. */
    String refusedSince();

    /** The same with another time. */
    F refused(String since);
}
