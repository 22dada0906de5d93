package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kafka.Members;
import dev.mooring.dataplane.local.kafka.admin.LiveSettings;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.dataplane.local.kafka.cluster.UserCertificates;
import dev.mooring.engine.kafka.KafkaConfig;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;

/**
 * Makes a running cluster match its wish. What brokers take while they run is checked by them before anything is changed; for the
 * rest they are restarted, one after the other.
 */
abstract class ReconcileKafka<S extends Enum<S> & Step> extends KafkaProgram<S, ClusterFacts> {

    ReconcileKafka(Change change, Class<S> steps, S rollBack, Brokers brokers) {
        super(change, steps, rollBack, ClusterFacts.NONE, brokers);
    }

    /** Whether brokers are to be restarted even where no setting asks for it. */
    protected boolean restarts(KafkaManifest settled) throws IOException {
        return false;
    }

    @Override
    public boolean inForce(Task<ClusterSpec, ClusterFacts> task) throws IOException {
        return brokers.folder(task.wish().id())
                .manifest()
                .filter(manifest -> task.wish().revision() <= manifest.applied())
                .isPresent();
    }

    protected Next apply(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest, S restart) throws Exception {
        ClusterSpec wish = task.wish();
        if (wish.revision() <= manifest.applied()) {
            return Next.done(Map.of("applied_revision", manifest.applied()));
        }
        Admin admin = brokers.admin(manifest);
        // Who is shut out is shut out before anything else may fail, or wait for a broker.
        brokers.files().writeSources(manifest, wish.networks());
        Map<String, String> access = access(task, manifest);
        brokers.files().writeAccess(manifest, access);
        LiveSettings settings = new LiveSettings(admin);
        Map<String, String> live = live(settings, wish, manifest);
        settings.change(live, manifest.dynamic(), true);
        new Members(admin, brokers.clusters().vault(), false).settle(wish, manifest.applied());
        settings.change(live, manifest.dynamic(), false);
        settings.awaitSeen(wish.revision());
        KafkaManifest settled = settled(wish, manifest, live, access);
        if (!settled.settings().equals(manifest.settings())
                || settled.heapMib() != manifest.heapMib()
                || !settled.names().equals(manifest.names())
                || !settled.host().equals(manifest.host())
                || restarts(settled)) {
            if (!settled.names().equals(manifest.names())) {
                brokers.files().writeCertificates(settled);
            }
            return Next.go(restart);
        }
        brokers.folder(wish.id()).write(settled);
        return Next.done(receipt(task, Map.of()));
    }

    /** Whose certificate is whose from now on, with those that are made for it. */
    private Map<String, String> access(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        if (!manifest.takesCertificates()) {
            return Map.of();
        }
        ClusterFacts facts = brokers.files().userCertificates().made(task.wish(), task.facts());
        task.keep(facts);
        return UserCertificates.users(task.wish(), facts);
    }

    private static Map<String, String> live(LiveSettings settings, ClusterSpec wish, KafkaManifest manifest)
            throws InterruptedException {
        return settings.changeable(
                KafkaConfig.clamped(wish.parameters(), manifest.brokers().size()));
    }

    private KafkaManifest settled(
            ClusterSpec wish, KafkaManifest manifest, Map<String, String> live, Map<String, String> access) {
        Map<String, String> inFiles = new HashMap<>(
                KafkaConfig.clamped(wish.parameters(), manifest.brokers().size()));
        inFiles.keySet().removeAll(live.keySet());
        return manifest.settled(
                wish,
                brokers.names(wish),
                inFiles,
                live.keySet().stream().sorted().toList(),
                access);
    }

    protected Next restart(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        ClusterSpec wish = task.wish();
        KafkaManifest settled = settled(
                wish,
                manifest,
                live(new LiveSettings(brokers.admin(manifest)), wish, manifest),
                access(task, manifest));
        Optional<Next> waits = roll(task, settled);
        if (waits.isPresent()) {
            return waits.get();
        }
        brokers.folder(wish.id()).write(settled);
        brokers.watch(settled);
        task.keep(task.facts().withRestart());
        return Next.done(receipt(task, pauses(task.facts())));
    }

    private static Map<String, Object> receipt(Task<ClusterSpec, ClusterFacts> task, Map<String, Object> pauses) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("applied_revision", task.wish().revision());
        receipt.put("restarted", !pauses.isEmpty());
        receipt.putAll(pauses);
        return receipt;
    }

    /** The manifest is still that of before: files are written, and brokers run, as it says. */
    protected Next putBack(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        brokers.files().writeSources(manifest, manifest.sources());
        brokers.files().writeAccess(manifest, manifest.access());
        if (!brokers.names(task.wish()).equals(manifest.names())) {
            brokers.files().writeCertificates(manifest);
        }
        return goBack(task, manifest);
    }
}
