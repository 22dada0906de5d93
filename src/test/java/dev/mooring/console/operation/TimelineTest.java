package dev.mooring.console.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.operation.api.OperationView;
import dev.mooring.operation.api.OperationView.StepView;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How an operation is drawn. */
class TimelineTest {

    private static OperationView operation(String state, String finished, Map<String, Object> receipt) {
        return new OperationView(
                UUID.randomUUID(),
                "upgrade-cluster",
                UUID.randomUUID(),
                state,
                "COPY",
                List.of(
                        new StepView("CHECK", "Checking", "2026-11-27T09:00:00Z", "2026-11-27T09:00:01Z"),
                        new StepView("COPY", "Copying", "2026-11-27T09:00:01Z", finished)),
                Map.of("position", 1, "total", 3),
                null,
                null,
                false,
                false,
                finished == null,
                receipt,
                "2026-11-27T09:00:00Z",
                "2026-11-27T09:00:00Z",
                finished);
    }

    @Test
    void stepsLieOnALineAsLongAsTheWhole() {
        Timeline line = Timeline.of(
                operation("running", null, null), new ObjectMapper(), Instant.parse("2026-11-27T09:00:04Z"));
        assertThat(line.bars()).extracting(Timeline.Bar::from).containsExactly("0.0", "250.0");
        assertThat(line.bars()).extracting(Timeline.Bar::width).containsExactly("250.0", "750.0");
        assertThat(line.bars().getLast().current()).isTrue();
        assertThat(line.took()).isEqualTo("4.0 s");
        assertThat(line.percent()).isEqualTo(33);
        assertThat(line.ended()).isFalse();
    }

    @Test
    void aReceiptIsToldInWordsWithItsUnits() {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("write_pause_ms", 312);
        receipt.put("bytes", 3 << 20);
        receipt.put("undone", false);
        receipt.put("left_out", List.of());
        receipt.put("sizes", Map.of("wal_bytes", 10));
        receipt.put("absent", null);
        receipt.put("undo_until", "2026-11-28T10:21:49.770607Z");
        Timeline line =
                Timeline.of(operation("done", "2026-11-27T09:01:10Z", receipt), new ObjectMapper(), Instant.EPOCH);
        assertThat(line.receipt())
                .extracting(fact -> fact.what() + "=" + fact.value())
                .containsExactly(
                        "Write pause=312 ms",
                        "Size=3.0 MiB",
                        "Undone=no",
                        "Left out=none",
                        "Sizes: wal=10 bytes",
                        "Undo until=2026-11-28 10:21:49 UTC");
        assertThat(line.took()).isEqualTo("1 min 10 s");
        assertThat(line.json()).contains("\"write_pause_ms\" : 312");
    }
}
