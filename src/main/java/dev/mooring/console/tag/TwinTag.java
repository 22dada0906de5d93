package dev.mooring.console.tag;

import dev.mooring.console.Frame;
import io.quarkus.qute.EngineConfiguration;
import java.util.function.Consumer;

/** What the API is asked for the same as a form does: the method, the path in up to three parts, and the body, if there is one. */
@EngineConfiguration
public class TwinTag extends Tag {

    public TwinTag() {
        super("twin", "frame", "method", "at", "id", "rest", "body", "label");
    }

    @Override
    void write(Values values, Consumer<String> page) {
        page.accept("<details class=\"twin\"><summary>");
        page.accept(values.has("label") ? values.text("label") : "Show as curl");
        page.accept("</summary>\n<pre tabindex=\"0\" aria-label=\"Command\"><code>curl -X ");
        page.accept(values.text("method"));
        page.accept(" -H \"Authorization: Bearer $MOORING_TOKEN\" -H \"Content-Type: application/json\" \\\n  \"");
        page.accept(escaped(values.get("frame", Frame.class).base()));
        page.accept(values.text("at"));
        page.accept(values.text("id"));
        page.accept(values.text("rest"));
        page.accept("\"");
        if (values.has("body")) {
            page.accept(" \\\n  -d '");
            page.accept(values.text("body"));
            page.accept("'");
        }
        page.accept("</code></pre>\n</details>");
    }
}
