package dev.mooring.start.preflight;

import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a setting's value has to be. */
@FunctionalInterface
interface SettingRule {

    /** Text that nothing can be said about before it is used. */
    SettingRule ANY = value -> Optional.empty();

    SettingRule FLAG = oneOf("true", "false");

    /** Longer than nothing, as Quarkus reads durations. */
    SettingRule DURATION = that(SettingRule::isDuration, "must be a duration such as 500ms, 10s, 12h, 7D or P7D");

    SettingRule MEMORY = that(SettingRule::isMemory, "must be a size such as 512M or 2G");

    SettingRule PORTS = that(
            value -> portRange(value).isPresent(),
            "must be the first and the last port, joined by a dash, such as 25060-25999, from 1 to 65535");

    SettingRule FOLDER = that(value -> Files.isDirectory(Path.of(value)), "must be a folder that is there");

    /** @return what is wrong with it, as the end of a sentence that begins with the setting; empty where nothing is */
    Optional<String> broken(String value);

    static SettingRule that(Predicate<String> holds, String rule) {
        return value -> holds.test(value) ? Optional.empty() : Optional.of(rule);
    }

    /** Upper or lower case. */
    static SettingRule oneOf(String... words) {
        List<String> allowed = List.of(words);
        return that(
                value -> allowed.contains(value.strip().toLowerCase(Locale.ROOT)),
                "must be " + String.join(", ", allowed.subList(0, allowed.size() - 1)) + " or " + allowed.getLast());
    }

    static SettingRule number(long least, long most) {
        String limits =
                most == Long.MAX_VALUE || most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
        return that(
                value -> value.strip().matches("-?\\d{1,18}")
                        && Long.parseLong(value.strip()) >= least
                        && Long.parseLong(value.strip()) <= most,
                "must be a whole number, " + limits);
    }

    /** Joined by commas; at least one. Spaces around them do not count. */
    static SettingRule each(SettingRule rule, String what) {
        return value -> {
            List<String> items = Arrays.stream(value.split(","))
                    .map(String::strip)
                    .filter(item -> !item.isEmpty())
                    .toList();
            return items.isEmpty()
                    ? Optional.of("must hold at least one " + what)
                    : items.stream()
                            .flatMap(item -> rule.broken(item).stream()
                                    .map(wrong -> "must hold " + what + "s, joined by commas: " + item + " " + wrong))
                            .findFirst();
        };
    }

    /** What a parser of the feature's own says. */
    static SettingRule parsed(java.util.function.Consumer<String> parser) {
        return value -> {
            try {
                parser.accept(value);
                return Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.of("is refused: " + e.getMessage());
            }
        };
    }

    /**
     * @param first and last, both counted
     */
    record Range(int first, int last) {
        boolean overlaps(Range other) {
            return first <= other.last && other.first <= last;
        }
    }

    /** Empty where it is none. */
    static Optional<Range> portRange(String value) {
        Matcher range = Pattern.compile("\\s*(\\d{1,5})\\s*-\\s*(\\d{1,5})\\s*").matcher(value);
        if (!range.matches()) {
            return Optional.empty();
        }
        Range ports = new Range(Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2)));
        return ports.first() >= 1 && ports.last() <= 65535 && ports.first() <= ports.last()
                ? Optional.of(ports)
                : Optional.empty();
    }

    private static boolean isDuration(String value) {
        try {
            return DurationConverter.parseDuration(value.strip()).compareTo(Duration.ZERO) > 0;
        } catch (IllegalArgumentException | DateTimeException e) {
            return false;
        }
    }

    private static boolean isMemory(String value) {
        try {
            return new MemorySizeConverter().convert(value).asLongValue() > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
