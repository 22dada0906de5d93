package dev.mooring.dboscloud.application;

import io.vertx.mutiny.sqlclient.Row;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A version of an app's code, as its archive says.
 *
 * @param appDatabase name of the app's database
 * @param systemDatabase name of the database where DBOS keeps its workflows
 * @param startsByItself whether its configuration says with which command it is started
 * @param createdAt null before it was stored
 */
public record AppUpload(
        String version,
        long bytes,
        String appDatabase,
        String systemDatabase,
        boolean startsByItself,
        @Nullable OffsetDateTime createdAt) {

    public static AppUpload of(Row row) {
        return new AppUpload(
                row.getString("version"),
                row.getLong("bytes"),
                row.getString("app_database"),
                row.getString("system_database"),
                row.getBoolean("starts_by_itself"),
                row.getOffsetDateTime("created_at"));
    }
}
