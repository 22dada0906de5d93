package dev.mooring.start;

import dev.mooring.home.MooringHome;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.Wellness;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Shows in {@code /q/health/well} how far the clocks of the metadata database and of the home's file system are ahead of this
 * process's, in ms: leases, moments to recover to and the age of files are told by one and read by another.
 */
@Wellness
@ApplicationScoped
class ClockCheck implements AsyncHealthCheck {

    private static final Duration MOST = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final MooringHome home;
    private final Pool pool;
    private final Clock clock;

    ClockCheck(MooringHome home, Pool pool, Clock clock) {
        this.home = home;
        this.pool = pool;
        this.clock = clock;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .item(this::ofFiles)
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .chain(files -> ofMetadata().map(metadata -> answer(files, metadata)));
    }

    private static HealthCheckResponse answer(long files, Optional<Long> metadata) {
        boolean well = Math.abs(files) < MOST.toMillis() && Math.abs(metadata.orElse(0L)) < MOST.toMillis();
        HealthCheckResponseBuilder answer =
                HealthCheckResponse.named("clock").status(well).withData("file_system_ms", files);
        metadata.ifPresent(ahead -> answer.withData("metadata_ms", ahead));
        return well
                ? answer.build()
                : answer.withData("what_to_do", "set the clocks of all machines by the same time service (NTP)")
                        .build();
    }

    private long ofFiles() {
        Path file = home.cache().resolve("clock");
        try {
            Instant before = clock.instant();
            Files.write(file, new byte[] {0});
            Instant written = Files.getLastModifiedTime(file).toInstant();
            return ahead(written, before, clock.instant());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empty when it does not answer, of which another check tells. */
    private Uni<Optional<Long>> ofMetadata() {
        Instant before = clock.instant();
        return pool.query("select clock_timestamp()")
                .execute()
                .map(rows -> rows.iterator().next().get(OffsetDateTime.class, 0).toInstant())
                .map(there -> Optional.of(ahead(there, before, clock.instant())))
                .ifNoItem()
                .after(PATIENCE)
                .fail()
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    /** None where it lies between what was read here before and after. */
    private static long ahead(Instant there, Instant before, Instant after) {
        if (there.isBefore(before)) {
            return Duration.between(before, there).toMillis();
        }
        return there.isAfter(after) ? Duration.between(after, there).toMillis() : 0;
    }
}
