package dev.mooring.dataplane;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Part of what a cluster's server has written into its log.
 *
 * @param lines whole ones, the oldest first
 * @param next where to go on reading, for the plane that said it
 */
public record ServerLog(List<String> lines, @Nullable String next) {}
