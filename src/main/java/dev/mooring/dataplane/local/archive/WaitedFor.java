package dev.mooring.dataplane.local.archive;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * For whom a server's commits wait, as synchronous_standby_names has it.
 *
 * @param archive whether for the archive
 * @param nodes for the first of these that has a commit, by the names under which they follow
 */
public record WaitedFor(boolean archive, List<String> nodes) {

    /** The archive's name as a standby. */
    static final String ARCHIVE = WalReceiver.SLOT;

    /** As {@code ALTER SYSTEM} writes it. */
    private static final Pattern LINE =
            Pattern.compile("^synchronous_standby_names\\s*=\\s*'([^'\\n]*)'", Pattern.MULTILINE);

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");

    /** @param names what {@link #names} makes, or nothing */
    public static WaitedFor of(String names) {
        List<String> all = NAME.matcher(names).results().map(MatchResult::group).toList();
        return new WaitedFor(
                all.contains(ARCHIVE),
                all.stream().filter(name -> !name.equals(ARCHIVE)).toList());
    }

    /**
     * What a server would begin with; empty where its file says nothing.
     *
     * @param autoConf the content of its postgresql.auto.conf
     */
    public static Optional<WaitedFor> written(String autoConf) {
        return LINE.matcher(autoConf).results().map(line -> of(line.group(1))).reduce((one, later) -> later);
    }

    /** The same without those nodes. */
    public WaitedFor without(Predicate<String> node) {
        return new WaitedFor(archive, nodes.stream().filter(node.negate()).toList());
    }

    /** Nodes of both, each once. */
    static List<String> together(List<String> some, Stream<String> more) {
        return Stream.concat(some.stream(), more).distinct().sorted().toList();
    }

    /** The value of synchronous_standby_names; empty for nobody. */
    public String names() {
        if (nodes.isEmpty()) {
            return archive ? ARCHIVE : "";
        }
        String all = String.join(", ", nodes);
        // With fewer than all, nodes alone would do as long as the archive is away: it cannot be asked for apart from
        // the others.
        return archive ? "FIRST " + (nodes.size() + 1) + " (" + ARCHIVE + ", " + all + ")" : "ANY 1 (" + all + ")";
    }

    /** The line of postgresql.auto.conf; empty for nobody. */
    public String line() {
        return names().isEmpty() ? "" : "synchronous_standby_names = '" + names() + "'";
    }
}
