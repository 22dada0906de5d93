package dev.mooring.database.cluster;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A user on the wire.
 *
 * @param settings null unless the caller set something: Terraform would see a change in an empty object
 */
@Schema(name = "DatabaseUser")
public record UserView(
        @Schema(examples = "app") String name,
        @Schema(enumeration = {"primary", "normal"}) String role,

        @Schema(description = "Left out without the scope database:view_credentials")
        String password,

        Settings settings) {

    @Schema(name = "UserSettings")
    public record Settings(
            @Schema(description = "May open replication connections")
            Boolean pgAllowReplication) {}
}
