package dev.mooring.access;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/** What keeps a team from being deleted. Each room that keeps something for teams has one of these. */
public interface TeamBelongings {

    /**
     * In the caller's transaction.
     *
     * @return what there is, in words, such as {@code the cluster orders}
     */
    Uni<List<String>> of(UUID team);
}
