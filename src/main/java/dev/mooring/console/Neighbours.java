package dev.mooring.console;

import dev.mooring.web.Page;

/**
 * Where the pages before and behind one of a long list are.
 *
 * @param previous empty on the first
 * @param next empty on the last
 */
public record Neighbours(String previous, String next) {

    /** @param links as the list's own answer has them: to the page that was asked for, with another number */
    public static Neighbours of(Page.Links links) {
        return links.pages() == null
                ? new Neighbours("", "")
                : new Neighbours(
                        links.pages().getOrDefault("prev", ""), links.pages().getOrDefault("next", ""));
    }
}
