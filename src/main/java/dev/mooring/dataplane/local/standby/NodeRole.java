package dev.mooring.dataplane.local.standby;

import java.util.Set;

/** What a node is to its cluster. {@link Change} has all the ways on which it becomes something else; there are no others. */
public enum NodeRole {
    /** There is nothing of it, or nothing that is of use: it is made of a copy of the primary. */
    ABSENT,
    /** The primary's files are being copied. */
    COPYING,
    /** Its server has not been seen to get the primary's WAL yet. */
    STARTING,
    /** It gets the primary's WAL as it is written. */
    FOLLOWING,
    /** It has followed the primary, and does not at the moment; whatever it misses the primary's WAL has. */
    AWAY,
    /** It takes writes, at the cluster's address. */
    PRIMARY;

    /** Whether the node may take the place of a primary that is lost. */
    boolean mayTakeOver() {
        return Change.TAKE_OVER.begins(this);
    }

    /** How a node becomes something else: a row each, of which {@code docs/standbys.md} has the drawing. */
    public enum Change {
        COPY("the primary runs", COPYING, ABSENT),
        COPY_BROKEN_OFF("the copy fails, or the primary is lost", ABSENT, COPYING),
        COPIED("copied", STARTING, COPYING),
        FOUND("its files are there already, when Mooring starts", STARTING, ABSENT),
        FOLLOW("gets the primary's WAL", FOLLOWING, STARTING, AWAY),
        LOSE_SIGHT("the primary, or its own server, is away", AWAY, FOLLOWING),
        FALL_BEHIND("the primary has no WAL for it any more", ABSENT, STARTING, AWAY),
        BE_REPLACED("its files are lost, or those of an earlier version", ABSENT, STARTING, FOLLOWING, AWAY),
        TAKE_OVER("the primary is lost, or hands over", PRIMARY, FOLLOWING, AWAY),
        TAKE_OVER_AT_LAST("the primary does not start, and no node has followed it", PRIMARY, STARTING),
        BE_LOST("lost", ABSENT, PRIMARY),
        HAND_OVER("handed over", STARTING, PRIMARY);

        private final String why;
        private final NodeRole to;
        private final Set<NodeRole> from;

        Change(String why, NodeRole to, NodeRole... from) {
            this.why = why;
            this.to = to;
            this.from = Set.of(from);
        }

        /** In words. */
        public String why() {
            return why;
        }

        public NodeRole to() {
            return to;
        }

        /** Whether it is a way that begins there. */
        public boolean begins(NodeRole role) {
            return from.contains(role);
        }

        NodeRole of(NodeRole role) {
            if (!begins(role)) {
                throw new IllegalStateException("a node that is " + role + " has no change " + this);
            }
            return to;
        }
    }
}
