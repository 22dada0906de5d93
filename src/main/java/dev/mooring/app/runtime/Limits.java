package dev.mooring.app.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * What the processes of an app may take of the machine.
 *
 * @param memory bytes of private memory of one process
 * @param processes and threads of the app's account, all together
 * @param files that one process has open
 */
public record Limits(long memory, int processes, int files) {

    /** The command under these limits; whoever it becomes afterwards cannot raise them. */
    List<String> around(List<String> command) {
        List<String> words = new ArrayList<>(
                List.of("prlimit", "--data=" + memory, "--nproc=" + processes, "--nofile=" + files, "--core=0"));
        words.addAll(command);
        return words;
    }
}
