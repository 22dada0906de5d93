package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A small file system of its own, where that can be made. */
public record SmallDisk(Path folder) implements AutoCloseable {

    /** @param size as mount takes it */
    public static Optional<SmallDisk> mount(Path folder, String size) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        return run("mount", "-t", "tmpfs", "-o", "size=" + size + ",mode=755", "tmpfs", folder.toString())
                ? Optional.of(new SmallDisk(folder))
                : Optional.empty();
    }

    /** A file that takes all of the disk but so many bytes; it is none of Mooring's. */
    public Path fill(long left) throws IOException {
        Path filler = folder.resolve("lost+found");
        long size = Files.getFileStore(folder).getUsableSpace() - left;
        try (RandomAccessFile file = new RandomAccessFile(filler.toFile(), "rw")) {
            byte[] piece = new byte[1 << 20];
            for (long more = size; more > 0; more -= piece.length) {
                file.write(piece, 0, (int) Math.min(more, piece.length));
            }
        } catch (IOException full) {
            // Somebody has taken of it meanwhile.
            assertThat(Files.getFileStore(folder).getUsableSpace())
                    .as(full.getMessage())
                    .isLessThan(1 << 20);
        }
        return filler;
    }

    /** What is mounted cannot be deleted. */
    @Override
    public void close() throws IOException, InterruptedException {
        run("umount", "--lazy", folder.toString());
    }

    public static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException notHere) {
            return false;
        }
    }
}
