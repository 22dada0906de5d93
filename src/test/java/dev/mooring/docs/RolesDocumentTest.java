package dev.mooring.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.standby.NodeRole;
import dev.mooring.dataplane.local.standby.NodeRole.Change;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The drawing of {@code docs/standbys.md}: how a node becomes something else, as the code has it. */
class RolesDocumentTest {

    @Test
    void everyChangeIsDrawnAsItIs() throws Exception {
        StringBuilder text = new StringBuilder("  [*] --> absent: asked for\n");
        for (NodeRole from : NodeRole.values()) {
            changes(from)
                    .map(change -> "  %s --> %s: %s\n".formatted(word(from), word(change.to()), change.why()))
                    .forEach(text::append);
        }
        GeneratedDocument.in("standbys.md").has(text.toString(), "```mermaid\nstateDiagram-v2\n", "```\n");
    }

    @Test
    void aNodeCanBecomeEverythingAndIsStuckNowhere() {
        for (NodeRole role : NodeRole.values()) {
            assertThat(reachable(role, EnumSet.noneOf(Change.class)))
                    .as("from %s", role)
                    .containsExactlyInAnyOrder(NodeRole.values());
        }
    }

    @Test
    void nobodyTakesThePlaceOfALostPrimaryWhoHasNotFollowedOne() {
        Set<Change> atLast = EnumSet.of(Change.TAKE_OVER_AT_LAST);
        for (Change without : List.of(Change.FOLLOW, Change.TAKE_OVER)) {
            Set<Change> closed = EnumSet.copyOf(atLast);
            closed.add(without);
            assertThat(reachable(NodeRole.ABSENT, closed))
                    .as("without %s", without)
                    .doesNotContain(NodeRole.PRIMARY);
        }
    }

    /** So that a drawing has one arrow from here to there, and the keeper no choice. */
    @Test
    void noTwoChangesAreTheSameForARole() {
        for (NodeRole role : NodeRole.values()) {
            assertThat(changes(role).map(Change::why)).doesNotHaveDuplicates();
            assertThat(changes(role).map(Change::to)).doesNotContain(role);
        }
    }

    private static Stream<Change> changes(NodeRole from) {
        return Arrays.stream(Change.values()).filter(change -> change.begins(from));
    }

    /** The role itself among them. */
    private static Set<NodeRole> reachable(NodeRole from, Set<Change> closed) {
        Set<NodeRole> met = EnumSet.of(from);
        Deque<NodeRole> next = new ArrayDeque<>(met);
        while (!next.isEmpty()) {
            changes(next.poll())
                    .filter(change -> !closed.contains(change))
                    .map(Change::to)
                    .filter(met::add)
                    .forEach(next::add);
        }
        return met;
    }

    private static String word(NodeRole role) {
        return role.name().toLowerCase(Locale.ROOT);
    }
}
