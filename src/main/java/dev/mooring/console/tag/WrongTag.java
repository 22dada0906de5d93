package dev.mooring.console.tag;

import dev.mooring.console.Typed;
import io.quarkus.qute.EngineConfiguration;
import java.util.function.Consumer;

/** Why a field was refused, behind it. Its form, what the API calls it, and its id. */
@EngineConfiguration
public class WrongTag extends Tag {

    public WrongTag() {
        super("wrong", "typed", "of", "at", "id");
    }

    @Override
    void write(Values values, Consumer<String> page) {
        String wrong =
                values.get("typed", Typed.class).wrong(values.get("of", String.class), values.get("at", String.class));
        if (!wrong.isEmpty()) {
            page.accept("<p class=\"wrong\" id=\"");
            page.accept(values.text("id"));
            page.accept("-wrong\">");
            page.accept(escaped(wrong));
            page.accept("</p>");
        }
    }
}
