package dev.mooring.dboscloud.application;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.app.record.Phase;
import dev.mooring.app.spec.SpecText;
import io.vertx.mutiny.sqlclient.Row;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An app whose code is uploaded, as far as clients see it. While the first deployment is under way it tells what that will
 * bring, later what is active.
 *
 * @param instance name of the database instance that it uses
 * @param database name of its database there; empty before the first deployment
 * @param version of the upload that is active; empty for none
 * @param url where it is reached
 * @param memoryMib how much memory each of its processes may take
 * @param deployment the active one
 * @param node the one that runs it
 */
public record UploadedApp(
        UUID id,
        String name,
        String instance,
        String database,
        State state,
        String version,
        @Nullable String url,
        int memoryMib,
        @Nullable UUID deployment,
        @Nullable UUID node) {

    /** What it is just now. */
    public enum State {
        /** Nothing was ever deployed, or nothing successfully. */
        UNAVAILABLE,
        DEPLOYING,
        AVAILABLE,
        /** The only deployments there are have failed. */
        ERROR
    }

    public static final String SELECT =
            "select a.*, active.spec as active_spec, newest.phase as newest_phase, n.host as node_host,"
                    + " active.app_database from app a left join app_node n on n.id = a.node"
                    + " left join lateral (select d.spec, u.app_database from deployment d left join app_upload u on u.app = d.app"
                    + " and u.version = d.spec::jsonb #>> '{services,0,archive,version}' where d.id = a.active_deployment) active on true"
                    + " left join lateral (select phase from deployment d where d.app = a.id order by number desc limit 1) newest on true"
                    + " where a.team = $1 and a.deleted_at is null and a.language is not null";

    public static UploadedApp of(Row row) {
        String active = row.getString("active_spec");
        JsonNode spec = json(active == null ? row.getString("spec") : active);
        Integer port = row.getInteger("port");
        String host = row.getString("node_host");
        String database = row.getString("app_database");
        return new UploadedApp(
                row.getUUID("id"),
                row.getString("name"),
                DbosSpec.instance(spec),
                database == null ? "" : database,
                state(row.getString("newest_phase"), active != null),
                active == null ? "" : DbosSpec.version(spec),
                host == null || port == null ? null : "http://" + host + ":" + port,
                row.getInteger("memory_mib"),
                row.getUUID("active_deployment"),
                row.getUUID("node"));
    }

    private static State state(@Nullable String newest, boolean active) {
        if (newest == null) {
            return State.UNAVAILABLE;
        }
        return switch (Phase.valueOf(newest)) {
            case PENDING_BUILD, BUILDING, DEPLOYING -> State.DEPLOYING;
            case ACTIVE, SUPERSEDED -> State.AVAILABLE;
            // What ran before runs on.
            case ERROR, CANCELED -> active ? State.AVAILABLE : State.ERROR;
        };
    }

    public static JsonNode json(String spec) {
        try {
            return SpecText.json(spec);
        } catch (SpecText.Unreadable e) {
            throw new IllegalStateException("a stored spec is damaged: " + e.getMessage());
        }
    }
}
