package dev.mooring.database.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is kept of measurements. */
class HistoryTest {

    private static final Instant BEGIN = Instant.parse("2030-01-01T00:00:00Z");

    private static double[] commits(double count) {
        return Measure.read("pg_stat_database_xact_commit{datname=\"a\"} " + count);
    }

    @Test
    void samplesOfOneFamilyAreAddedUpAndOfLagTheHighestCounts() {
        double[] values = Measure.read("""
                # TYPE pg_database_size_bytes gauge
                pg_database_size_bytes{datname="a b } 7"} 1000
                pg_database_size_bytes{datname="b"} 500
                pg_wal_size_bytes 16
                pg_database_size_bytes_more 9
                pg_database_numbackends{datname="postgres"} 1
                mooring_replication_lag_seconds{node="node-2"} 0.5
                mooring_replication_lag_seconds{node="node-3"} 2.5
                """);
        assertThat(values[Measure.DISK.ordinal()]).isEqualTo(1516);
        assertThat(values[Measure.LAG.ordinal()]).isEqualTo(2.5);
        assertThat(values[Measure.CONNECTIONS.ordinal()]).as("Mooring's own").isNaN();
    }

    @Test
    void aCounterIsToldByItsGrowthAndNotAcrossARestart() {
        History history = new History();
        history.add(BEGIN, commits(100));
        history.add(BEGIN.plusSeconds(10), commits(150));
        history.add(BEGIN.plusSeconds(20), commits(3));
        history.add(BEGIN.plusSeconds(30), commits(13));
        assertThat(history.points(Measure.COMMITS))
                .containsExactly(
                        new History.Point(BEGIN.plusSeconds(10), 5), new History.Point(BEGIN.plusSeconds(30), 1));
        assertThat(history.points(Measure.WAL)).isEmpty();
    }

    @Test
    void whatIsOlderThanTwoHoursGoes() {
        History history = new History();
        history.add(BEGIN, Measure.read("pg_database_numbackends 1"));
        history.add(BEGIN.plus(History.KEPT).plusSeconds(1), Measure.read("pg_database_numbackends 4"));
        assertThat(history.points(Measure.CONNECTIONS))
                .singleElement()
                .satisfies(point -> assertThat(point.value()).isCloseTo(4, within(0.0)));
    }
}
