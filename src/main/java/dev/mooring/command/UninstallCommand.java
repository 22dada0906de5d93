package dev.mooring.command;

import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Scanner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "uninstall",
        description =
                "Ends Mooring and its databases and deletes the home folder: every cluster, every backup in it, keys and"
                        + " certificates. It cannot be undone. An archive in another folder or in S3 stays.",
        mixinStandardHelpOptions = true)
final class UninstallCommand implements Callable<Integer> {

    @Option(
            names = "--confirm",
            paramLabel = "FOLDER",
            description = "The home folder, instead of typing it when asked.")
    private String confirmed;

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        MooringHome home = Common.home();
        // A folder that no Mooring has made is somebody's.
        if (!Files.isDirectory(home.keys()) || !Files.isDirectory(home.clusters())) {
            throw new Failure(home.root() + " is no home folder of a Mooring; set MOORING_HOME");
        }
        if (confirmed == null) {
            System.out.print(
                    "This deletes every database and backup in " + home.root() + ".\nType the folder to confirm: ");
            System.out.flush();
            Scanner typed = new Scanner(System.in, StandardCharsets.UTF_8);
            confirmed = typed.hasNextLine() ? typed.nextLine().strip() : "";
        }
        if (!confirmed.equals(home.root().toString())) {
            throw new Failure("nothing was deleted: what was typed is not " + home.root());
        }
        StopCommand.mooring(home);
        HomeServers.stop(home);
        MooringHome.deleteTree(home.root());
        System.out.println(home.root() + " is deleted.");
        return 0;
    }
}
