package dev.mooring.app.record;

import dev.mooring.app.release.DeployApp;
import dev.mooring.operation.OperationState;

/** Where a deployment is, in the API's terms. */
public enum Phase {
    PENDING_BUILD,
    BUILDING,
    DEPLOYING,
    ACTIVE,
    SUPERSEDED,
    ERROR,
    CANCELED;

    public static Phase of(OperationState state, DeployApp.Steps step) {
        return switch (state) {
            case DONE -> ACTIVE;
            case FAILED -> ERROR;
            case CANCELLED -> CANCELED;
            case QUEUED, RUNNING ->
                switch (step) {
                    case QUEUE -> PENDING_BUILD;
                    case DATABASES, TRUSTED_SOURCES, SOURCE, BUILD -> BUILDING;
                    case VARIABLES, REHEARSE, PRE_DEPLOY, START, SWITCH, POST_DEPLOY, FINISH, ROLL_BACK -> DEPLOYING;
                };
        };
    }
}
