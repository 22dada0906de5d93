package dev.mooring.dataplane.kubernetes.client;

import dev.mooring.dataplane.archive.ArchiveSettings;
import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.dataplane.archive.S3Store;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The bucket in which the plugin barman-cloud keeps WAL and backups: that of Mooring's own archive, in a folder beside it. */
@Singleton
public class BucketArchive {

    private static final String FOLDER = "cloudnativepg";

    private final ArchiveSettings settings;
    private final Optional<Bucket> bucket;
    private volatile @Nullable ArchiveStore store;

    /**
     * @param path as the plugin writes it, such as {@code s3://bucket/folder}
     * @param endpoint null for Amazon's own
     */
    public record Bucket(String path, @Nullable String endpoint, String region, String accessKey, String secretKey) {}

    @Inject
    BucketArchive(ArchiveSettings settings) {
        this.settings = settings;
        ArchiveSettings.S3 s3 = settings.s3();
        this.bucket = s3.bucket()
                .flatMap(name -> s3.accessKey()
                        .flatMap(access -> s3.secretKey()
                                .map(secret -> new Bucket(
                                        "s3://" + name + "/"
                                                + folder(s3.prefix().orElse("")) + FOLDER,
                                        s3.endpoint().orElse(null),
                                        s3.region(),
                                        access,
                                        secret))));
    }

    private static String folder(String prefix) {
        String folder = prefix.strip();
        return folder.isEmpty() || folder.endsWith("/") ? folder : folder + "/";
    }

    /** Empty where there is none: nothing is archived then. */
    public Optional<Bucket> bucket() {
        return bucket;
    }

    /** Why there is none; empty where there is one. */
    public Optional<String> missing() {
        return bucket.isPresent()
                ? Optional.empty()
                : Optional.of(
                        "they need an archive in S3 that the clusters reach with a key of its own:"
                                + " MOORING_ARCHIVE_S3_BUCKET, MOORING_ARCHIVE_S3_ACCESS_KEY and MOORING_ARCHIVE_S3_SECRET_KEY");
    }

    /** The same text for whoever reaches the same archives; empty where there are none. */
    public String location() {
        return bucket.map(one -> one.path() + (one.endpoint() == null ? "" : " at " + one.endpoint()))
                .orElse("");
    }

    /** How long the archive of a deleted cluster is kept. */
    public Duration grace() {
        return settings.grace();
    }

    /** What the files of a base backup take. Blocks. */
    public long backupBytes(String server, String backup) throws IOException {
        return store().list(FOLDER + "/" + server + "/base/" + backup).stream()
                .mapToLong(ArchiveStore.Stored::size)
                .sum();
    }

    /** Deletes all that was archived by that name. Blocks. */
    public void delete(String server) throws IOException {
        for (ArchiveStore.Stored object : store().list(FOLDER + "/" + server)) {
            store().delete(object.key());
        }
    }

    /**
     * Brings all that was archived by one name to another, but for what is there already. May be done again. Blocks.
     *
     * @return how many objects were left to be brought
     */
    public int move(String from, String to) throws IOException {
        String source = FOLDER + "/" + from + "/";
        String target = FOLDER + "/" + to + "/";
        List<ArchiveStore.Stored> left = store().list(FOLDER + "/" + from);
        if (left.isEmpty()) {
            return 0;
        }
        Set<String> there = store().list(FOLDER + "/" + to).stream()
                .map(ArchiveStore.Stored::key)
                .collect(Collectors.toSet());
        for (ArchiveStore.Stored object : left) {
            String key = target + object.key().substring(source.length());
            if (!there.contains(key)) {
                try (InputStream content = store().open(object.key())) {
                    store().put(key, content::transferTo);
                }
            }
            store().delete(object.key());
        }
        return left.size();
    }

    /** No client before the first question. */
    private synchronized ArchiveStore store() {
        ArchiveStore made = store;
        if (made == null) {
            made = new S3Store(
                    settings.s3(),
                    settings.s3()
                            .bucket()
                            .orElseThrow(() -> new IllegalStateException("there is no archive in a bucket")));
            store = made;
        }
        return made;
    }
}
