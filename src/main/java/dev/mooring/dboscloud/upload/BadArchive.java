package dev.mooring.dboscloud.upload;

/** An archive that is not what it should be. The message goes on after "the archive". */
public class BadArchive extends RuntimeException {

    public BadArchive(String message) {
        super(message);
    }
}
