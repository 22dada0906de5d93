package dev.mooring.console;

import io.quarkus.qute.TemplateData;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was typed into a form, to be shown again when it is refused or has to be confirmed.
 *
 * @param form null for a form that nobody has filled in yet
 * @param problems why it is refused, one a line; none otherwise
 * @param question what has to be confirmed first
 */
// Tags know their parameters by name alone: what they ask for is not found by looking at them.
@TemplateData
public record Typed(@Nullable MultivaluedMap<String, String> form, List<String> problems, Question question) {

    /** How a problem begins that is about the rest: what is told behind it was done. */
    public static final String DONE = "Done: ";

    public static final Typed NOTHING = new Typed(null, List.of());

    public Typed(@Nullable MultivaluedMap<String, String> form, List<String> problems) {
        this(form, problems, Question.NONE);
    }

    /** A form that is not refused, and not carried out before it is confirmed. */
    static Typed asked(MultivaluedMap<String, String> form, Question question) {
        return new Typed(form, List.of(), question);
    }

    /** Null when it was left out or left empty. */
    public static @Nullable String text(MultivaluedMap<String, String> form, String name) {
        String text = form.getFirst(name);
        return text == null || text.isBlank() ? null : text.strip();
    }

    /** Null when it was left out or left empty; one that is no number stays refused by what reads it. */
    public static @Nullable Integer number(MultivaluedMap<String, String> form, String name) {
        String text = text(form, name);
        if (text == null) {
            return null;
        }
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw dev.mooring.web.ApiException.unprocessable(name + ": must be a whole number");
        }
    }

    /**
     * As RFC 3339; null when it was left out or left empty. Browsers give date and time without a zone, which pages say is UTC,
     * and seconds only when there are some.
     */
    public static @Nullable String moment(MultivaluedMap<String, String> form, String name) {
        String moment = text(form, name);
        if (moment == null) {
            return null;
        }
        String whole = moment.matches("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d") ? moment + ":00" : moment;
        return whole.matches(".*(Z|[+-]\\d\\d:\\d\\d)") ? whole : whole.replace(' ', 'T') + "Z";
    }

    public String get(String name, @Nullable Object otherwise) {
        String text = form == null ? null : form.getFirst(name);
        return text == null ? otherwise == null ? "" : otherwise.toString() : text;
    }

    public String get(String name) {
        return get(name, "");
    }

    /** Whether this is what was chosen, or what is chosen as long as nobody has. */
    public boolean chosen(String name, @Nullable Object option, @Nullable Object otherwise) {
        return get(name, otherwise).equals(option == null ? "" : option.toString());
    }

    /** Whether a box is ticked: as it was sent with that form, else as it is. */
    public boolean ticked(String of, String name, boolean otherwise) {
        return form != null && is(of) ? form.getFirst(name) != null : otherwise;
    }

    /**
     * Which rules a field of that form breaks; empty for none.
     *
     * @param names what the API calls the field, as {@link Problem#of} takes them
     */
    public String wrong(String of, String names) {
        return of(of) ? Problem.of(problems, names) : "";
    }

    /** Whether nothing at all was changed by a form that is refused. */
    public boolean unchanged() {
        return problems.stream().noneMatch(problem -> problem.startsWith(DONE));
    }

    public boolean refused() {
        return !problems.isEmpty();
    }

    /** Whether the refused form is that one. */
    public boolean of(String name) {
        return refused() && is(name);
    }

    /** Whether the form that has to be confirmed is that one. */
    public boolean asks(String name) {
        return question.asked() && is(name);
    }

    /** Whether that form was sent, whatever became of it. */
    public boolean is(String name) {
        return form != null && name.equals(form.getFirst("_name"));
    }
}
