package dev.mooring.console;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/** What pages are made of; the same for everybody. */
@Path("/console/assets/{name}")
public class AssetResource {

    private final Assets assets;

    AssetResource(Assets assets) {
        this.assets = assets;
    }

    @GET
    public Response get(String name) {
        return assets.find(name)
                .map(asset -> Response.ok(asset.content(), asset.type())
                        .header("Cache-Control", "public, max-age=31536000, immutable")
                        .build())
                .orElseGet(() -> Response.status(Response.Status.NOT_FOUND).build());
    }
}
