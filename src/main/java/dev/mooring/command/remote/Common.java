package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.Installation;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.home.MooringHome;
import java.util.List;
import picocli.CommandLine.Option;

/** What commands that ask a running Mooring have in common. */
final class Common {

    /** How an answer is printed. */
    enum Format {
        text,
        json
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private Format format;

    boolean json() {
        return format == Format.json;
    }

    static MooringHome home() {
        return MooringHome.configured();
    }

    static MooringApi api() throws Failure {
        return new MooringApi(Installation.configured(home()));
    }

    static void print(JsonNode json) {
        System.out.println(json.toPrettyString());
    }

    static void print(List<JsonNode> json) {
        var array = MooringApi.object().arrayNode();
        json.forEach(array::add);
        print(array);
    }
}
