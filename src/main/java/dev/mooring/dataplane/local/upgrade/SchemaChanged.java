package dev.mooring.dataplane.local.upgrade;

/** Somebody changed the schema while the databases were being copied: what was copied is not what there is now. */
public final class SchemaChanged extends Exception {

    private static final long serialVersionUID = 1;

    public SchemaChanged(String changes) {
        super(changes);
    }
}
