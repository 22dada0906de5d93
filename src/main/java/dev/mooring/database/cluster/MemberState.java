package dev.mooring.database.cluster;

/** Whether a user or database is there, comes or goes. Values of a checked text column. */
public final class MemberState {

    /** Asked for; real once the operation of its revision is done, else it goes again. */
    public static final String ADDING = "adding";

    public static final String ACTIVE = "active";

    /** Hidden from the API; gone once the operation of its revision is done, else it comes back. */
    public static final String REMOVING = "removing";

    private MemberState() {}
}
