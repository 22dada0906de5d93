package dev.mooring.command.home;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.home.KeyFile;
import dev.mooring.home.MooringHome;
import dev.mooring.start.preflight.EarlySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "backup",
        description =
                "Backs up Mooring itself, as it does on its own whenever something has changed: metadata, keys and"
                        + " certificates, into the archive of the databases. Databases have backups of their own.",
        mixinStandardHelpOptions = true)
public final class BackupCommand implements Callable<Integer> {

    private static final String PATH = "/mooring/v1/home/backups";

    @Option(
            names = "--key",
            description = "Print the key instead that the backups are encrypted with. Keep it away from this machine:"
                    + " without it they cannot be read.")
    private boolean key;

    @Option(names = "--list", description = "List the backups instead, newest first.")
    private boolean list;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws Failure, IOException {
        if (key) {
            System.out.println(key(Common.home()));
        } else if (list) {
            JsonNode state = Common.api().get(PATH);
            if (common.json()) {
                Common.print(state);
            } else {
                state.path("backups").forEach(BackupCommand::line);
            }
        } else {
            JsonNode made = Common.api().post(PATH, MooringApi.object());
            if (common.json()) {
                Common.print(made);
            } else {
                line(made.path("backup"));
            }
        }
        return 0;
    }

    private static void line(JsonNode backup) {
        System.out.println(backup.path("made_at").asText() + "  "
                + backup.path("size_bytes").asLong() + " bytes");
    }

    private static String key(MooringHome home) throws Failure, IOException {
        KeyFile file = KeyFile.ofBackups(home);
        String configured = EarlySettings.get("mooring.backup.key");
        if (configured == null && Files.notExists(file.file())) {
            throw new Failure("there is no key in " + home.root() + " yet: Mooring makes it when it starts");
        }
        return Base64.getEncoder().encodeToString(file.open(configured));
    }
}
