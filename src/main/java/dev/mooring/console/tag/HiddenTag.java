package dev.mooring.console.tag;

import dev.mooring.console.Frame;
import io.quarkus.qute.EngineConfiguration;
import java.util.function.Consumer;

/** What every form is sent with: the session's token, and which form it is. */
@EngineConfiguration
public class HiddenTag extends Tag {

    public HiddenTag() {
        super("hidden", "frame", "name");
    }

    @Override
    void write(Values values, Consumer<String> page) {
        page.accept("<input type=\"hidden\" name=\"_form\" value=\"");
        page.accept(escaped(values.get("frame", Frame.class).form()));
        page.accept("\"><input type=\"hidden\" name=\"_name\" value=\"");
        page.accept(values.text("name"));
        page.accept("\">");
    }
}
