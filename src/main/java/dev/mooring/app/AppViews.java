package dev.mooring.app;

import dev.mooring.access.Regions;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Draws apps for clients. */
@ApplicationScoped
class AppViews {

    private final AppQueries reads;
    private final Deployments deployments;
    private final Regions regions;

    AppViews(AppQueries reads, Deployments deployments, Regions regions) {
        this.reads = reads;
        this.deployments = deployments;
        this.regions = regions;
    }

    Uni<AppView> of(App app) {
        return of(app, null);
    }

    /** The app after a request that changed it. */
    Uni<AppView> of(Apps.Changed changed) {
        return reads.app(changed.app().toString()).chain(app -> of(app, changed.deployment()));
    }

    private Uni<AppView> of(App app, @Nullable UUID started) {
        return deployments
                .url(app)
                .chain(url -> rows(app, started)
                        .map(rows -> AppView.of(app, url, deployments.spec(app), rows, started, region(app.region))));
    }

    private Uni<List<DeploymentRow>> rows(App app, @Nullable UUID started) {
        return reads.watched(app).chain(rows -> {
            if (started == null || rows.stream().anyMatch(row -> row.id().equals(started))) {
                return Uni.createFrom().item(rows);
            }
            // Over before this answer was drawn.
            return reads.deployment(app.id, started.toString()).map(row -> {
                List<DeploymentRow> all = new java.util.ArrayList<>(rows);
                all.add(row);
                return all;
            });
        });
    }

    /** All data centres of a city are one region. */
    AppView.RegionView region(String slug) {
        String city = Specs.city(slug);
        return new AppView.RegionView(
                city,
                city.toUpperCase(java.util.Locale.ROOT),
                "",
                "",
                false,
                regions.slugs().stream()
                        .filter(other -> Specs.city(other).equals(city))
                        .toList(),
                Specs.city(regions.slugs().getFirst()).equals(city));
    }

    List<AppView.RegionView> regions() {
        return regions.slugs().stream()
                .map(Specs::city)
                .distinct()
                .map(this::region)
                .toList();
    }
}
