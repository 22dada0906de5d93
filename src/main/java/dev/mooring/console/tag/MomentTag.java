package dev.mooring.console.tag;

import dev.mooring.console.Texts;
import io.quarkus.qute.EngineConfiguration;
import java.util.function.Consumer;

/** A time of the API, as people read it. */
@EngineConfiguration
public class MomentTag extends Tag {

    public MomentTag() {
        super("moment", "time");
    }

    @Override
    void write(Values values, Consumer<String> page) {
        page.accept("<time datetime=\"");
        page.accept(values.text("time"));
        page.accept("\">");
        page.accept(escaped(Texts.utc(values.get("time", String.class))));
        page.accept("</time>");
    }
}
