package dev.mooring.dataplane.facts;

import java.util.Map;

/**
 * Facts of a program that restarts servers one after the other.
 *
 * @param <F> the facts themselves
 */
public interface Rolling<F> {

    /** How long each server was away that was restarted so far, as users see it; negative for one that is being restarted. */
    Map<String, Object> away();

    /** The same with others. */
    F rolled(Map<String, Object> away);
}
