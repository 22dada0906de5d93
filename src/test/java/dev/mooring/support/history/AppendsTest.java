package dev.mooring.support.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.history.Appends.Done;
import dev.mooring.support.history.Appends.End;
import dev.mooring.support.history.Appends.Seen;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The judge of histories finds what a database may not do. */
class AppendsTest {

    /** Two clients at a time, one after the other. */
    private static final List<Done> GOOD = List.of(
            append(1, 0, 10, 100, End.ANSWERED, 1), append(2, 5, 20, 100, End.ANSWERED, 1, 2), read(21, 30, 1, 2));

    private static Done append(int value, long begun, long ended, long server, End end, Integer... after) {
        return new Done(value, List.of(7), List.of(Seen.of(7, List.of(after))), server, begun, ended, end);
    }

    private static Done read(long begun, long ended, Integer... items) {
        return new Done(null, List.of(7), List.of(Seen.of(7, List.of(items))), 100, begun, ended, End.ANSWERED);
    }

    private static void finds(String words, List<Integer> last, Done... more) {
        List<Done> all = Stream.concat(GOOD.stream(), Stream.of(more)).toList();
        assertThat(new Appends(all, Map.of(7, last)).violations()).anyMatch(found -> found.contains(words));
    }

    @Test
    void nothingIsFoundWhereNothingIsWrong() {
        List<Done> more = List.of(
                append(3, 31, 40, 200, End.ANSWERED, 1, 2, 3),
                append(4, 41, 50, 200, End.UNKNOWN, 1, 2, 3, 4),
                append(5, 41, 50, 200, End.UNKNOWN, 1, 2, 3, 5),
                append(6, 41, 50, 200, End.REFUSED));
        List<Done> all = Stream.concat(GOOD.stream(), more.stream()).toList();
        assertThat(new Appends(all, Map.of(7, List.of(1, 2, 3, 5))).violations())
                .isEmpty();
    }

    @Test
    void whatADatabaseMayNotDoIsFound() {
        finds("2 was answered and is lost", List.of(1));
        finds("has lost some", List.of(1));
        finds("was seen with other members", List.of(2, 1));
        finds("has 2 twice", List.of(1, 2, 2));
        finds("has 9, which nobody has written", List.of(1, 2, 9));
        finds("whose commit nobody has asked for", List.of(1, 2, 3), append(3, 31, 40, 100, End.REFUSED));
        finds("seen with 1 members after it had been seen with 2", List.of(1, 2), read(31, 40, 1));
        finds(
                "has answered after",
                List.of(1, 2, 3, 4),
                append(3, 31, 40, 200, End.ANSWERED, 1, 2, 3),
                append(4, 41, 50, 100, End.ANSWERED, 1, 2, 3, 4));
        finds(
                "behind that of a later one",
                List.of(1, 2, 3, 4),
                append(3, 31, 50, 200, End.ANSWERED, 1, 2, 3),
                append(4, 31, 50, 100, End.ANSWERED, 1, 2, 3, 4));
        finds(
                "had something else than 3",
                List.of(1, 2, 4, 3),
                append(3, 31, 40, 100, End.ANSWERED, 1, 2, 4),
                append(4, 31, 50, 100, End.UNKNOWN));
    }

    @Test
    void halfATransactionIsFound() {
        Done both = new Done(1, List.of(7, 8), List.of(), 100, 0, 10, End.UNKNOWN);
        assertThat(new Appends(List.of(both), Map.of(7, List.of(1))).violations())
                .containsExactly("1 is in one of its lists and not in the other");
    }
}
