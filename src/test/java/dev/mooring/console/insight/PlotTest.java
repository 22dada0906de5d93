package dev.mooring.console.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.metrics.HistoryResource.Point;
import dev.mooring.database.metrics.HistoryResource.Series;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A series as a drawing, and as a table that says the same. */
class PlotTest {

    private static final Instant FROM = Instant.parse("2030-01-01T00:00:00Z");

    @Test
    void aGapIsNotDrawnOver() {
        Series series = new Series(
                "connections",
                "sessions",
                List.of(
                        new Point("2030-01-01T00:00:00Z", 0),
                        new Point("2030-01-01T00:01:00Z", 5),
                        new Point("2030-01-01T00:10:00Z", 10)));
        Plot plot = Plot.of(series, FROM, FROM.plusSeconds(600));
        assertThat(plot.line()).isEqualTo("M0.0 120.0h0L60.0 60.0M600.0 0.0h0");
        assertThat(plot.latest()).isEqualTo("10");
        assertThat(plot.rows()).extracting(Plot.Row::value).containsExactly("10", "5", "0");
    }

    @Test
    void theUpperEdgeIsARoundNumber() {
        assertThat(Plot.nice(0, false)).isEqualTo(1);
        assertThat(Plot.nice(7, false)).isEqualTo(10);
        assertThat(Plot.nice(0.3, false)).isEqualTo(0.5);
        assertThat(Plot.nice(30 * 1024 * 1024, true)).isEqualTo(50 * 1024 * 1024);
        assertThat(Plot.told(0.25, "per second")).isEqualTo("0.25/s");
        assertThat(Plot.told(2048, "bytes per second")).isEqualTo("2.0 KiB/s");
    }
}
