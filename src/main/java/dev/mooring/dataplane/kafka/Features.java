package dev.mooring.dataplane.kafka;

import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;

/** What a cluster's brokers have agreed on: the form of its metadata, which older brokers do not read. */
public record Features(Admin admin) {

    private static final String METADATA = "metadata.version";

    /**
     * Raises the metadata's form to the newest that every broker knows. There is no way back from it.
     *
     * @return the level that it has
     */
    public short raise() throws InterruptedException {
        FeatureMetadata features = features();
        short newest = newest(features);
        if (!raised(features)) {
            FeatureUpdate update = new FeatureUpdate(newest, FeatureUpdate.UpgradeType.UPGRADE);
            Answers.of(admin.updateFeatures(Map.of(METADATA, update), new UpdateFeaturesOptions())
                    .all());
        }
        return newest;
    }

    /** Whether it is the newest that every broker knows. */
    public boolean raised() throws InterruptedException {
        return raised(features());
    }

    private static boolean raised(FeatureMetadata features) {
        FinalizedVersionRange agreed = features.finalizedFeatures().get(METADATA);
        return agreed != null && agreed.maxVersionLevel() >= newest(features);
    }

    private static short newest(FeatureMetadata features) {
        return Objects.requireNonNull(features.supportedFeatures().get(METADATA), METADATA)
                .maxVersion();
    }

    private FeatureMetadata features() throws InterruptedException {
        return Answers.of(admin.describeFeatures().featureMetadata());
    }
}
