package dev.mooring.console.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Two texts, line by line. */
final class SpecDiff {

    /** Lines on both sides together: beyond, the texts are shown one after the other. */
    private static final int MOST = 4000;

    private SpecDiff() {}

    /** @param mark "+", "-" or a space */
    public record Line(String mark, String text) {
        public boolean added() {
            return mark.equals("+");
        }

        public boolean removed() {
            return mark.equals("-");
        }
    }

    /** The fewest lines out and in, by their longest common subsequence. */
    static List<Line> of(String before, String after) {
        List<String> old = before.lines().toList();
        List<String> now = after.lines().toList();
        List<Line> lines = new ArrayList<>();
        if (old.size() + now.size() > MOST) {
            old.forEach(line -> lines.add(new Line("-", line)));
            now.forEach(line -> lines.add(new Line("+", line)));
            return lines;
        }
        int[][] common = new int[old.size() + 1][now.size() + 1];
        for (int i = old.size() - 1; i >= 0; i--) {
            for (int j = now.size() - 1; j >= 0; j--) {
                common[i][j] = old.get(i).equals(now.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        int i = 0;
        int j = 0;
        while (i < old.size() && j < now.size()) {
            if (old.get(i).equals(now.get(j))) {
                lines.add(new Line(" ", old.get(i)));
                i++;
                j++;
            } else if (common[i + 1][j] >= common[i][j + 1]) {
                lines.add(new Line("-", old.get(i++)));
            } else {
                lines.add(new Line("+", now.get(j++)));
            }
        }
        old.subList(i, old.size()).forEach(line -> lines.add(new Line("-", line)));
        now.subList(j, now.size()).forEach(line -> lines.add(new Line("+", line)));
        return Collections.unmodifiableList(lines);
    }
}
