package dev.mooring.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system says of a process, where it has {@code /proc}. */
public final class ProcessState {

    private static final Path PROC = Path.of("/proc");

    private ProcessState() {}

    /** Whether it has been stopped by a signal, as by a debugger; false where the system does not tell. */
    public static boolean halted(ProcessHandle process) {
        try {
            String stat = new String(
                    Files.readAllBytes(
                            PROC.resolve(Long.toString(process.pid())).resolve("stat")),
                    StandardCharsets.ISO_8859_1);
            // Behind the program's name, which may hold anything: T when stopped, t by a debugger (proc(5)).
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'T' || state == 't';
        } catch (IOException gone) {
            return false;
        }
    }
}
