package dev.mooring.console.tag;

import dev.mooring.console.Typed;
import io.quarkus.qute.EngineConfiguration;
import java.util.function.Consumer;

/**
 * Attributes of a field: that it was refused, and what tells more of it. Its form, what the API calls it, its id, and the id of its help, if
 * there is one.
 */
@EngineConfiguration
public class MarkedTag extends Tag {

    public MarkedTag() {
        super("marked", "typed", "of", "at", "id", "help");
    }

    @Override
    void write(Values values, Consumer<String> page) {
        boolean wrong = !values.get("typed", Typed.class)
                .wrong(values.get("of", String.class), values.get("at", String.class))
                .isEmpty();
        if (wrong) {
            page.accept(" aria-invalid=\"true\" aria-describedby=\"");
            page.accept(values.text("id"));
            page.accept(values.has("help") ? "-wrong " : "-wrong");
        } else if (values.has("help")) {
            page.accept(" aria-describedby=\"");
        } else {
            return;
        }
        page.accept(values.text("help"));
        page.accept("\"");
    }
}
