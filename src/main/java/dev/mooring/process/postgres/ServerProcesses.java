package dev.mooring.process.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The processes of one data directory. A process id proves nothing, because it is used again: only a process that is known by
 * more than that is ever taken for the server, told something or ended.
 */
interface ServerProcesses {

    static ServerProcesses of(Path data) {
        return Files.isDirectory(ProcServerProcesses.PROC)
                ? new ProcServerProcesses(data)
                : new PortableServerProcesses(data);
    }

    /** The server whose pid file this is. */
    Optional<ProcessHandle> server(PidFile file);

    /** Whatever is proved to work on the data directory, the server first if there is one. */
    List<ProcessHandle> all() throws IOException;

    /** Whether one of them goes on. */
    boolean working(ProcessHandle process);

    /** Whether it has been stopped by a signal, as by a debugger; false where the system does not tell. */
    boolean halted(ProcessHandle process);

    /** Whether nothing can be working there any more, so that a pid file that was left is in the way and guards nothing. */
    boolean none() throws IOException;
}
