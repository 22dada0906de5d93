package dev.mooring.dataplane.local.upgrade;

/** Something was written meanwhile that logical decoding does not carry; its message says what. */
public final class NotCarried extends Exception {

    public NotCarried(String what) {
        super(what);
    }
}
