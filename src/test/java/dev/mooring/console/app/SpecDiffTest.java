package dev.mooring.console.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SpecDiffTest {

    private static String diff(String before, String after) {
        return SpecDiff.of(before, after).stream()
                .map(line -> line.mark() + line.text())
                .collect(Collectors.joining("|"));
    }

    @Test
    void onlyWhatChangesIsMarked() {
        assertThat(diff("a\nb\nc", "a\nc\nd")).isEqualTo(" a|-b| c|+d");
        assertThat(diff("a", "a")).isEqualTo(" a");
        assertThat(diff("", "a\nb")).isEqualTo("+a|+b");
        assertThat(diff("a\nb", "")).isEqualTo("-a|-b");
    }

    @Test
    void longTextsStandOneAfterTheOther() {
        String long1 = "a\n".repeat(3000);
        List<SpecDiff.Line> lines = SpecDiff.of(long1, "b\n".repeat(3000));
        assertThat(lines).hasSize(6000);
        assertThat(lines.getFirst().removed()).isTrue();
        assertThat(lines.getLast().added()).isTrue();
    }
}
