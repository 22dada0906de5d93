package dev.mooring.command.home;

import dev.mooring.dataplane.archive.ArchiveSettings;
import dev.mooring.start.preflight.EarlySettings;
import java.time.Duration;
import java.util.Optional;

/** Where the archives are, for who is not the server. */
final class EarlyArchiveSettings implements ArchiveSettings, ArchiveSettings.S3 {

    private static Optional<String> text(String name) {
        return Optional.ofNullable(EarlySettings.get("mooring.archive." + name));
    }

    @Override
    public Optional<String> folder() {
        return text("folder");
    }

    @Override
    public Optional<Duration> flush() {
        return Optional.empty();
    }

    @Override
    public Duration grace() {
        return Duration.ZERO;
    }

    @Override
    public S3 s3() {
        return this;
    }

    @Override
    public Optional<String> bucket() {
        return text("s3.bucket");
    }

    @Override
    public Optional<String> prefix() {
        return text("s3.prefix");
    }

    @Override
    public String region() {
        return text("s3.region").orElse("us-east-1");
    }

    @Override
    public Optional<String> endpoint() {
        return text("s3.endpoint");
    }

    @Override
    public Optional<String> accessKey() {
        return text("s3.access-key");
    }

    @Override
    public Optional<String> secretKey() {
        return text("s3.secret-key");
    }

    @Override
    public boolean pathStyle() {
        return EarlySettings.flag("mooring.archive.s3.path-style", true);
    }
}
