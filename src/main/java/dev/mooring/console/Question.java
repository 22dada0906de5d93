package dev.mooring.console;

import io.quarkus.qute.TemplateData;
import java.util.List;

/**
 * What a form would do, for people to confirm before it is done.
 *
 * @param words one sentence each
 * @param button what pressing it does
 * @param action where the form goes
 * @param kept what was typed, to be sent once more
 */
// Tags know their parameters by name alone: what they ask for is not found by looking at them.
@TemplateData
public record Question(List<String> words, String button, String action, List<Field> kept) {

    static final Question NONE = new Question(List.of(), "", "", List.of());

    public static Question of(List<String> words, String button) {
        return new Question(words, button, "", List.of());
    }

    /** For a form that nobody has to confirm. */
    public static Question none() {
        return NONE;
    }

    public boolean asked() {
        return !words.isEmpty();
    }

    public String first() {
        return words.getFirst();
    }

    /** What is said beneath the first sentence. */
    public List<String> more() {
        return words.subList(1, words.size());
    }

    /** Where "go back" leads: to the page without what was typed. */
    public String back() {
        return action.substring(0, action.lastIndexOf('/'));
    }

    Question about(String path, List<Field> typed) {
        return new Question(words, button, path, typed);
    }
}
