package dev.mooring.command;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        description = {
            "Prints what makes a shell complete these commands.",
            "bash, zsh: source <(mooring completion bash)",
            "fish: mooring completion fish | source"
        },
        mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {

    enum Shell {
        bash,
        zsh,
        fish
    }

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
    private Shell shell;

    @Override
    public Integer call() {
        CommandLine mooring = CommandLineOfMooring.parser();
        System.out.print(shell == Shell.fish ? fish(mooring) : AutoComplete.bash("mooring", mooring));
        return 0;
    }

    private static String fish(CommandLine mooring) {
        StringBuilder text = new StringBuilder("complete -c mooring -f\n");
        mooring.getSubcommands().forEach((name, command) -> {
            text.append("complete -c mooring -n __fish_use_subcommand -a ")
                    .append(name)
                    .append(" -d ")
                    .append(quoted(String.join(
                            " ", command.getCommandSpec().usageMessage().description())))
                    .append('\n');
            for (OptionSpec option : command.getCommandSpec().options()) {
                text.append("complete -c mooring -n '__fish_seen_subcommand_from ")
                        .append(name)
                        .append('\'');
                for (String word : option.names()) {
                    text.append(word.startsWith("--") ? " -l " + word.substring(2) : " -s " + word.substring(1));
                }
                text.append(" -d ")
                        .append(quoted(String.join(" ", option.description())))
                        .append('\n');
            }
        });
        return text.toString();
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
