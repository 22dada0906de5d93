package dev.mooring.command;

import dev.mooring.command.home.BackupCommand;
import dev.mooring.command.home.RestoreHomeCommand;
import dev.mooring.command.remote.Failure;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** All commands; see {@code mooring --help}. */
@Command(
        name = "mooring",
        description =
                "Runs Mooring on this machine, and looks after it. Databases and apps are made with the clients that you"
                        + " have: doctl, Terraform, dbos-cloud.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.Provider.class,
        subcommands = {
            UpCommand.class,
            StatusCommand.class,
            StopCommand.class,
            PsqlCommand.class,
            LogsCommand.class,
            OperationsCommand.class,
            DrillCommand.class,
            RestoreCommand.class,
            BackupCommand.class,
            RestoreHomeCommand.class,
            DoctorCommand.class,
            TokenCommand.class,
            ConsoleCommand.class,
            UninstallCommand.class,
            CompletionCommand.class,
            VersionCommand.class,
            CommandLine.HelpCommand.class
        })
final class CommandLineOfMooring implements Runnable {

    /** A command that could not do what it was asked. */
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    /** @return the exit code: 0, 1 when it could not be done, 2 when it was not understood */
    static int run(String... args) {
        return parser().execute(args);
    }

    static CommandLine parser() {
        return new CommandLine(new CommandLineOfMooring())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (failure instanceof Failure) {
                        command.getErr().println("mooring: " + failure.getMessage());
                        return FAILED;
                    }
                    throw failure;
                })
                .setParameterExceptionHandler(CommandLineOfMooring::misunderstood);
    }

    /** In one line, with what was probably meant, instead of the whole help. */
    private static int misunderstood(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        command.getErr().println("mooring: " + failure.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(failure, command.getErr());
        command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
