package dev.mooring.docs;

import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Step;
import dev.mooring.support.Program;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/operations.md}: the steps of every program, as the programs have them. */
class OperationsDocumentTest {

    private static final String HEAD = """
            # Operations

            What each operation does, step by step; `GET /mooring/v1/operations` shows where one stands. Every step survives a kill and runs again. The arrows
            go in the order of the steps: a program passes by what its case does not need, and an operation that fails or is cancelled ends through its
            roll-back, which is drawn aside. A cancellation is obeyed before a step that says so; from the first one that does not, the operation goes through
            to its end. A step that takes longer than its deadline is called overdue, and goes on.

            Generated from the programs: `mvn test -Dtest='*DocumentTest' -Ddocs.write`.
            """;

    @Test
    void everyProgramIsDrawnAsItIs() throws Exception {
        GeneratedDocument.in("operations.md")
                .is(HEAD
                        + Program.all().stream()
                                .sorted(Comparator.comparing(OperationsDocumentTest::title))
                                .map(OperationsDocumentTest::section)
                                .collect(Collectors.joining()));
    }

    /** With the engine where it is not PostgreSQL's, and the plane where it is not the local one. */
    private static String title(Program program) {
        return program.kind()
                + (program.engine().equals(KafkaEngine.ENGINE) ? " (kafka)" : "")
                + (program.plane().equals(Names.PLANE) ? " (kubernetes)" : "");
    }

    private static String section(Program program) {
        List<? extends Step> way = program.steps().stream()
                .filter(step -> step != program.rollBack())
                .toList();
        StringBuilder text = new StringBuilder("\n## " + title(program) + "\n\n```mermaid\nstateDiagram-v2\n");
        String before = "[*]";
        for (Step step : way) {
            text.append("  ").append(before).append(" --> ").append(step.name()).append('\n');
            before = step.name();
        }
        text.append("  ").append(before).append(" --> [*]: done\n");
        Step back = program.rollBack();
        for (Step step : way) {
            text.append("  ").append(step.name()).append(" --> ").append(back.name());
            text.append(step.cancellable() ? ": failed or cancelled\n" : ": failed\n");
        }
        text.append("  ").append(back.name()).append(" --> [*]\n```\n\n");
        text.append("| Step | | Deadline | Cancelled before it |\n|---|---|---|---|\n");
        way.forEach(step -> text.append(row(step, step.cancellable() ? "yes" : "no")));
        return text.append(row(back, "roll-back")).toString();
    }

    private static String row(Step step, String cancelled) {
        return "| `%s` | %s | %s | %s |\n".formatted(step.name(), step.words(), words(step.deadline()), cancelled);
    }

    /** Each deadline is whole in one of these units. */
    private static String words(Duration deadline) {
        if (deadline.toSecondsPart() > 0) {
            return deadline.toSeconds() + " s";
        }
        return deadline.toMinutesPart() > 0 ? deadline.toMinutes() + " min" : deadline.toHours() + " h";
    }
}
