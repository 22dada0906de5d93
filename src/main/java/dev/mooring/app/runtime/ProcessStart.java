package dev.mooring.app.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A process as it can be told from every other: ids are used again, and after a restart of the system so are the times that it
 * counts from there.
 *
 * @param time that the system tells for its start; {@link #NONE} when there was no such process, or only its remains
 * @param boot of the system; null where an earlier Mooring did not write it down
 */
record ProcessStart(long pid, String time, @Nullable String boot) {

    private static final String NONE = "0";
    private static final Path PROC = Path.of("/proc");
    private static final Path BOOT = PROC.resolve("sys/kernel/random/boot_id");
    /** Where the system tells no such thing, its times are those of a clock. */
    private static final String ANY_BOOT = "-";
    /** Of its line in proc(5), counted behind the name. */
    private static final int START_TIME_FIELD = 19;

    static ProcessStart of(long pid) {
        return new ProcessStart(pid, timeOf(pid), thisBoot());
    }

    boolean goesOn() {
        return !time.equals(NONE) && timeOf(pid).equals(time) && (boot == null || boot.equals(thisBoot()));
    }

    private static String thisBoot() {
        try {
            return Files.exists(BOOT) ? Files.readString(BOOT).strip() : ANY_BOOT;
        } catch (IOException e) {
            return ANY_BOOT;
        }
    }

    private static String timeOf(long pid) {
        if (!Files.isDirectory(PROC)) {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .flatMap(process -> process.info().startInstant())
                    .map(start -> Long.toString(start.toEpochMilli()))
                    .orElse(NONE);
        }
        try {
            String stat =
                    Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"), StandardCharsets.ISO_8859_1);
            // Behind the name, which may hold anything: the state, then numbers.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") ? NONE : fields[START_TIME_FIELD];
        } catch (IOException e) {
            return NONE;
        }
    }
}
