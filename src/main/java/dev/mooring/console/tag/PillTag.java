package dev.mooring.console.tag;

import dev.mooring.console.Texts;
import io.quarkus.qute.EngineConfiguration;
import java.util.function.Consumer;

/** A state in its colour. */
@EngineConfiguration
public class PillTag extends Tag {

    public PillTag() {
        super("pill", "state");
    }

    @Override
    void write(Values values, Consumer<String> page) {
        String state = values.get("state", String.class);
        page.accept("<span class=\"pill ");
        page.accept(Texts.tone(state));
        page.accept("\">");
        page.accept(escaped(Texts.words(state)));
        page.accept("</span>");
    }
}
