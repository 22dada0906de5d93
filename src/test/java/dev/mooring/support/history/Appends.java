package dev.mooring.support.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * What clients that append to lists, and read them, were answered; and whether one server that forgets nothing could have answered that. In the
 * manner of Jepsen's test of appends to lists: a list tells of itself in which order everything has come to it.
 */
public final class Appends {

    private final List<Done> all;
    private final Map<Integer, List<Integer>> last;
    private final Map<Integer, Done> byValue = new HashMap<>();
    private final Map<Integer, int[]> prefixes = new HashMap<>();
    private final List<String> violations = new ArrayList<>();

    /** How a transaction ended. */
    public enum End {
        ANSWERED,
        /** Before anybody asked for its commit: nobody may ever see anything of it. */
        REFUSED,
        /** While its commit was asked for. */
        UNKNOWN
    }

    /** A list as a client saw it, told by its length and the hash of its members. */
    public record Seen(int key, int length, int hash) {
        public static Seen of(int key, List<Integer> items) {
            return new Seen(key, items.size(), items.hashCode());
        }
    }

    /**
     * @param value that was appended; null for a read
     * @param keys of the lists
     * @param seen as they were afterwards
     * @param server when the one that answered had been started, in microseconds of its clock; 0 where nobody answered
     * @param begun in nanoseconds of one clock
     * @param ended likewise
     */
    public record Done(
            Integer value, List<Integer> keys, List<Seen> seen, long server, long begun, long ended, End end) {
        boolean answered() {
            return end == End.ANSWERED;
        }
    }

    private record Observed(long begun, long ended, long progress) {}

    /** @param last the lists as they are in the end */
    public Appends(List<Done> all, Map<Integer, List<Integer>> last) {
        this.all = all;
        this.last = last;
    }

    /** In words, at most some of each kind; empty when everything is as it should be. */
    public List<String> violations() {
        all.stream().filter(done -> done.value() != null).forEach(done -> byValue.put(done.value(), done));
        last.forEach(this::list);
        all.forEach(this::transaction);
        last.keySet().forEach(this::neverBack);
        oneServerAfterTheOther();
        return violations;
    }

    private void found(String format, Object... words) {
        if (violations.size() < 20) {
            violations.add(format.formatted(words));
        }
    }

    /** Nothing is in it twice, nothing that was never written, and nothing that was not committed; and no earlier server has added to a later one's. */
    private void list(int key, List<Integer> items) {
        Set<Integer> met = new HashSet<>();
        int[] hashes = new int[items.size() + 1];
        hashes[0] = List.of().hashCode();
        long server = 0;
        for (int i = 0; i < items.size(); i++) {
            int value = items.get(i);
            hashes[i + 1] = 31 * hashes[i] + value;
            Done done = byValue.get(value);
            if (!met.add(value)) {
                found("list %d has %d twice", key, value);
            }
            if (done == null || !done.keys().contains(key)) {
                found("list %d has %d, which nobody has written", key, value);
            } else if (done.end() == End.REFUSED) {
                found("list %d has %d, whose commit nobody has asked for", key, value);
            } else if (done.answered() && done.server() < server) {
                found("list %d has %d of an earlier server behind that of a later one", key, value);
            } else if (done.answered()) {
                server = done.server();
            }
        }
        prefixes.put(key, hashes);
    }

    private boolean has(int key, int value) {
        return last.getOrDefault(key, List.of()).contains(value);
    }

    private void transaction(Done done) {
        if (done.value() != null && done.end() != End.REFUSED) {
            long there =
                    done.keys().stream().filter(key -> has(key, done.value())).count();
            if (done.answered() && there == 0) {
                found("%d was answered and is lost", done.value());
            } else if (there != 0 && there != done.keys().size()) {
                found("%d is in one of its lists and not in the other", done.value());
            }
        }
        if (done.answered()) {
            done.seen().forEach(seen -> isPartOfTheEnd(done, seen));
        }
    }

    private void isPartOfTheEnd(Done done, Seen seen) {
        int[] hashes = prefixes.getOrDefault(seen.key(), new int[] {List.of().hashCode()});
        if (seen.length() >= hashes.length) {
            found("list %d had %d members and has lost some", seen.key(), seen.length());
        } else if (hashes[seen.length()] != seen.hash()) {
            found("list %d was seen with other members than it has, among its first %d", seen.key(), seen.length());
        } else if (done.value() != null
                && !last.get(seen.key()).get(seen.length() - 1).equals(done.value())) {
            found("list %d had something else than %d at its end after that", seen.key(), done.value());
        }
    }

    /** Whoever begins after another one was answered sees what that one saw. */
    private void neverBack(int key) {
        List<Observed> observed = all.stream()
                .filter(Done::answered)
                .flatMap(done -> done.seen().stream()
                        .filter(seen -> seen.key() == key)
                        .map(seen -> new Observed(done.begun(), done.ended(), seen.length())))
                .toList();
        inOrder(observed, "list " + key + " was seen with %2$d members after it had been seen with %1$d");
    }

    private void oneServerAfterTheOther() {
        List<Observed> observed = all.stream()
                .filter(Done::answered)
                .map(done -> new Observed(done.begun(), done.ended(), done.server()))
                .toList();
        inOrder(observed, "the server started at %2$d has answered after the one started at %1$d had");
    }

    /** @param words of what was known before, and of what somebody saw who began after that */
    private void inOrder(List<Observed> observed, String words) {
        PriorityQueue<Observed> open = new PriorityQueue<>(Comparator.comparingLong(Observed::ended));
        long known = 0;
        for (Observed now : observed.stream()
                .sorted(Comparator.comparingLong(Observed::begun))
                .toList()) {
            while (!open.isEmpty() && open.peek().ended() < now.begun()) {
                known = Math.max(known, open.poll().progress());
            }
            if (now.progress() < known) {
                found(words, known, now.progress());
            }
            open.add(now);
        }
    }
}
