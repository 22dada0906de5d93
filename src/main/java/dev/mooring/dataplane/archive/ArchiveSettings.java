package dev.mooring.dataplane.archive;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the archives. */
@ConfigMapping(prefix = "mooring.archive")
public interface ArchiveSettings {

    /** Where archives lie, when not in {@code $MOORING_HOME/archive}. */
    Optional<String> folder();

    /**
     * How long WAL that has been written may wait before it is stored: what is at risk when the whole machine is lost at once.
     * 100 ms in a folder, a second in S3, where each time costs money.
     */
    Optional<Duration> flush();

    /** How long the archive of a deleted cluster is kept. */
    @WithDefault("P7D")
    Duration grace();

    /** Used when a bucket is named. */
    S3 s3();

    /** An S3-compatible storage. */
    interface S3 {

        /** Its bucket, which takes the place of the folder. */
        Optional<String> bucket();

        /** In front of every key. */
        Optional<String> prefix();

        /** Where the bucket is. */
        @WithDefault("us-east-1")
        String region();

        /** Amazon's own when there is none. */
        Optional<String> endpoint();

        /** Else credentials are looked for where Amazon's tools do, such as {@code AWS_ACCESS_KEY_ID}; clusters on Kubernetes need it here. */
        Optional<String> accessKey();

        /** Of the access key. */
        Optional<String> secretKey();

        /** Whether the bucket is in the path rather than in the host's name. */
        @WithDefault("true")
        boolean pathStyle();
    }
}
