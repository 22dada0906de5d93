package dev.mooring.command;

import dev.mooring.dataplane.local.watch.Watch;
import dev.mooring.start.Mooring;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Chooses before the application starts: most programs need none of it. */
@QuarkusMain
public final class Command {

    private Command() {}

    public static void main(String[] args) {
        if (args.length == 0 || args.length == 1 && args[0].equals("up")) {
            Mooring.main(new String[0]);
        } else if (args.length == 1 && args[0].equals("watch")) {
            System.exit(Watch.run());
        } else {
            System.exit(CommandLineOfMooring.run(args));
        }
    }
}
