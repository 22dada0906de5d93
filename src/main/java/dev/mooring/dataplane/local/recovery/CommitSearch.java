package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.CommitReader;
import dev.mooring.dataplane.local.archive.CommitReader.Commit;
import dev.mooring.dataplane.local.archive.Damaged;
import dev.mooring.dataplane.local.archive.Segment;
import dev.mooring.dataplane.local.archive.WalArchive;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where replay has to end so that everything is there that was committed up to a moment, and nothing of what was only under
 * way then. PostgreSQL's own stop at a time comes before the next commit: by then it has replayed what cannot be taken back,
 * as the removal of the files by the DROP DATABASE that somebody wants to undo.
 */
final class CommitSearch {

    private final WalArchive wal;
    private final RecoveryFacts facts;

    CommitSearch(WalArchive wal, RecoveryFacts facts) {
        this.wal = wal;
        this.facts = facts;
    }

    /**
     * @return the position behind the last commit of the moment or before; empty when nothing was committed after the moment
     */
    OptionalLong end(Instant moment) throws IOException {
        CommitReader reader = new CommitReader(wal, facts.timeline(), facts.from(), facts.through());
        Segment first = lastBefore(moment);
        if (first.start() > facts.from()) {
            reader.skipTo(first);
        }
        long end = facts.consistent();
        for (Optional<Commit> commit = reader.next(); commit.isPresent(); commit = reader.next()) {
            if (commit.get().at().isAfter(moment)) {
                return OptionalLong.of(end);
            }
            end = Math.max(end, commit.get().end());
        }
        return OptionalLong.empty();
    }

    /** The last segment that begins with a commit of the moment or before; the first one when none does. */
    private Segment lastBefore(Instant moment) throws IOException {
        Segment low = Segment.at(facts.timeline(), facts.from());
        long high = Segment.at(facts.timeline(), facts.through() - 1).number();
        while (low.number() < high) {
            Segment middle = new Segment(facts.timeline(), low.number() + (high - low.number() + 1) / 2);
            if (beginsBefore(middle, moment)) {
                low = middle;
            } else {
                high = middle.number() - 1;
            }
        }
        return low;
    }

    private boolean beginsBefore(Segment segment, Instant moment) throws IOException {
        long end = Math.min(segment.end(), facts.through());
        Optional<Commit> first = firstOfHead(segment, end);
        if (first.isEmpty()) {
            first = first(new CommitReader(wal, facts.timeline(), segment.start(), end), segment);
        }
        return first.filter(commit -> !commit.at().isAfter(moment)).isPresent();
    }

    private Optional<Commit> firstOfHead(Segment segment, long end) throws IOException {
        try {
            return first(CommitReader.ofHead(wal, segment, end), segment);
        } catch (Damaged e) {
            // Whether that matters shows when all of it is read.
            return Optional.empty();
        }
    }

    private static Optional<Commit> first(CommitReader reader, Segment segment) throws IOException {
        return reader.skipTo(segment) ? reader.next() : Optional.empty();
    }

    /**
     * Whether something was committed behind the position: a server that was to replay everything and ended there has lost it.
     *
     * @param position where a record begins, or would
     */
    boolean anyBehind(long position) throws IOException {
        if (new CommitReader(wal, facts.timeline(), position, facts.through())
                .next()
                .isPresent()) {
            return true;
        }
        // What is between may be what the server could not read either.
        for (Segment segment = Segment.at(facts.timeline(), position).next();
                segment.start() < facts.through();
                segment = segment.next()) {
            CommitReader reader =
                    new CommitReader(wal, facts.timeline(), segment.start(), Math.min(segment.end(), facts.through()));
            if (first(reader, segment).isPresent()) {
                return true;
            }
        }
        return false;
    }
}
