package dev.mooring.database;

/** Whether a user or database is there, comes or goes. Values of a checked text column. */
final class Presence {

    /** Asked for; real once the operation of its revision is done, else it goes again. */
    static final String ADDING = "adding";

    static final String ACTIVE = "active";

    /** Hidden from the API; gone once the operation of its revision is done, else it comes back. */
    static final String REMOVING = "removing";

    private Presence() {}
}
