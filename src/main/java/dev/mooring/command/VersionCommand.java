package dev.mooring.command;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.MooringApi;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

/** What the build has written into the application. */
@Command(name = "version", description = "Prints the version of this program.", mixinStandardHelpOptions = true)
final class VersionCommand implements Runnable {

    static final class Provider implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"mooring " + version()};
        }
    }

    private static String version() {
        try (InputStream file = VersionCommand.class.getResourceAsStream("/mooring-version.txt")) {
            return new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Mixin
    private Common common;

    @Override
    public void run() {
        if (common.json()) {
            Common.print(MooringApi.object().put("name", "mooring").put("version", version()));
            return;
        }
        System.out.println(new Provider().getVersion()[0]);
    }
}
