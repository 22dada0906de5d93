package dev.mooring.dataplane.local.upgrade.server;

import java.io.IOException;

/** A program that was to answer ended without an answer: killed, out of memory, out of disk. It says nothing of the database. */
public final class ToolCrashed extends IOException {

    ToolCrashed(String message) {
        super(message);
    }
}
