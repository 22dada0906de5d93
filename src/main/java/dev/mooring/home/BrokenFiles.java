package dev.mooring.home;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** What in a home could not be taken up at the start. It keeps nothing else from starting, and is named until it is gone or whole. */
public final class BrokenFiles {

    private final Map<Path, String> reasons = new ConcurrentHashMap<>();

    public void add(Path path, Exception why) {
        reasons.put(path, why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage());
    }

    /** It has been written anew. */
    public void mended(Path path) {
        reasons.remove(path);
    }

    /** Why, by the file or folder; nothing of what has been deleted since. */
    public Map<Path, String> present() {
        reasons.keySet().removeIf(Files::notExists);
        return new TreeMap<>(reasons);
    }
}
