package dev.mooring.console;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Why the API refuses something, taken apart: which field, and the rule. */
final class Problem {

    /** What was being done is said by the page already. */
    private static final String LEADING = "^error (validating app spec|parsing request body): ";

    private static final Pattern AT = Pattern.compile("([A-Za-z_][\\w.\\[\\]-]*): (.+)", Pattern.DOTALL);

    private Problem() {}

    /** One a line; what goes on about a field stays with it. */
    static List<String> listed(String message) {
        List<String> problems = new ArrayList<>();
        for (String one : message.replaceFirst(LEADING, "").split("; ")) {
            if (!problems.isEmpty()
                    && AT.matcher(problems.getLast()).matches()
                    && !AT.matcher(one).matches()) {
                problems.set(problems.size() - 1, problems.getLast() + "; " + one);
            } else {
                problems.add(one);
            }
        }
        return problems;
    }

    /**
     * The rules that a field breaks, without its name; empty for none.
     *
     * @param names what the API calls the field, as the last member of a path or as the beginning of a message, with bars between
     */
    static String of(List<String> problems, String names) {
        List<String> rules = new ArrayList<>();
        List<String> known = Arrays.asList(names.split("\\|"));
        for (String problem : problems) {
            Matcher at = AT.matcher(problem);
            if (at.matches() && known.contains(last(at.group(1)))) {
                rules.add(at.group(2));
            } else if (known.stream().anyMatch(problem::startsWith)) {
                rules.add(problem);
            }
        }
        return String.join("; ", rules);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1).replaceFirst("\\[\\d+]$", "");
    }
}
