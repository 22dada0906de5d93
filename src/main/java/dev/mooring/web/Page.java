package dev.mooring.web;

import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The part of a list that was asked for, with the envelope that clients read.
 *
 * @param items the part
 * @param total how many there are in all
 */
public record Page<T>(List<T> items, int total, Links links) {

    private static final int DEFAULT_SIZE = 20;
    private static final int LARGEST_SIZE = 200;

    /** Where the other pages are; {@code pages} is absent when everything fits on one. */
    @Schema(name = "Links")
    public record Links(
            @Schema(description = "first, prev, next and last as absolute URLs") @Nullable
            Map<String, String> pages) {}

    @Schema(name = "Meta")
    public record Meta(
            @Schema(description = "How many there are in all")
            int total) {}

    public Meta meta() {
        return new Meta(total);
    }

    /**
     * What the query asks for.
     *
     * @param size null for everything at once
     */
    public record Request(int number, @Nullable Integer size) {

        public static final Request EVERYTHING = new Request(1, null);

        /**
         * @throws ApiException 400 when a number is not in its range
         */
        public static Request of(UriInfo uri, boolean allByDefault) {
            String page = uri.getQueryParameters().getFirst("page");
            String perPage = uri.getQueryParameters().getFirst("per_page");
            boolean all = allByDefault && page == null && perPage == null;
            return new Request(
                    number(page, "page", 1, Integer.MAX_VALUE, 1),
                    all ? null : number(perPage, "per_page", 1, LARGEST_SIZE, DEFAULT_SIZE));
        }

        private static int number(@Nullable String text, String name, int least, int most, int otherwise) {
            if (text == null || text.isBlank()) {
                return otherwise;
            }
            try {
                int number = Integer.parseInt(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Answered below, like every other wrong number.
            }
            throw ApiException.badRequest(
                    name + ": must be a whole number from " + least + (most == Integer.MAX_VALUE ? "" : " to " + most));
        }

        public int offset() {
            return size == null ? 0 : (int) Math.min(Integer.MAX_VALUE, (number - 1L) * size);
        }

        public int limit() {
            return size == null ? Integer.MAX_VALUE : size;
        }
    }

    /** Cuts the asked part out of a whole list. */
    public static <T> Page<T> cut(List<T> all, Request request, UriInfo uri) {
        int from = Math.min(all.size(), request.offset());
        int to = (int) Math.min(all.size(), (long) from + request.limit());
        return of(all.subList(from, to), all.size(), request, uri);
    }

    /** For a part that was already cut out by the database. */
    public static <T> Page<T> of(List<T> items, int total, Request request, UriInfo uri) {
        return new Page<>(items, total, links(total, request, uri));
    }

    private static Links links(int total, Request request, UriInfo uri) {
        if (request.size() == null || total <= request.size() && request.number() == 1) {
            return new Links(null);
        }
        int last = Math.max(1, Math.ceilDiv(total, request.size()));
        Map<String, String> pages = new java.util.LinkedHashMap<>();
        if (request.number() > 1) {
            pages.put("first", link(uri, 1, request.size()));
            pages.put("prev", link(uri, Math.min(last, request.number() - 1), request.size()));
        }
        if (request.number() < last) {
            pages.put("next", link(uri, request.number() + 1, request.size()));
            pages.put("last", link(uri, last, request.size()));
        }
        return new Links(pages);
    }

    private static String link(UriInfo uri, int page, int size) {
        return uri.getRequestUriBuilder()
                .replaceQueryParam("page", page)
                .replaceQueryParam("per_page", size)
                .build()
                .toString();
    }
}
