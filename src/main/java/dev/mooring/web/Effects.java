package dev.mooring.web;

import jakarta.enterprise.context.RequestScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the current request has done, as far as its path does not tell: for the audit trail. */
@RequestScoped
public class Effects {

    private @Nullable String kind;
    private @Nullable String id;
    private int status;
    private final List<UUID> operations = new ArrayList<>();

    /**
     * What it has made or changed, where its path names nothing.
     *
     * @param what such as team or token
     */
    public void subject(String what, String which) {
        kind = what;
        id = which;
    }

    /** An operation that it has queued, and what that works on. */
    public void queued(UUID operation, UUID subject) {
        operations.add(operation);
        if (kind == null) {
            id = subject.toString();
        }
    }

    /** What came of it, where the status of the answer does not tell: that of a call within the request. */
    public void status(int ofCall) {
        status = ofCall;
    }

    /** Zero when nobody said. */
    public int status() {
        return status;
    }

    /** Null when nobody said. */
    public @Nullable String kind() {
        return kind;
    }

    /** Null when nobody said. */
    public @Nullable String id() {
        return id;
    }

    public List<UUID> operations() {
        return List.copyOf(operations);
    }
}
