package dev.mooring.command.remote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.home.MooringHome;
import java.util.List;
import picocli.CommandLine.Option;

/** What commands that ask a running Mooring have in common. */
public final class Common {

    /** How an answer is printed. */
    public enum Format {
        text,
        json
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private Format format;

    public boolean json() {
        return format == Format.json;
    }

    public static MooringHome home() {
        return MooringHome.configured();
    }

    public static MooringApi api() throws Failure {
        return new MooringApi(Installation.configured(home()));
    }

    public static void print(JsonNode json) {
        System.out.println(json.toPrettyString());
    }

    public static void print(List<JsonNode> json) {
        var array = MooringApi.object().arrayNode();
        json.forEach(array::add);
        print(array);
    }
}
