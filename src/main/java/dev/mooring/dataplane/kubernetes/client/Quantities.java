package dev.mooring.dataplane.kubernetes.client;

import dev.mooring.engine.NodeSize;
import dev.mooring.operation.OperationFailed;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;

/** Sizes as Kubernetes writes them, and whether there can be more. */
public final class Quantities {

    private Quantities() {}

    /** Of a text such as {@code 20Gi}. */
    public static long bytes(String quantity) {
        return Quantity.getAmountInBytes(new Quantity(quantity)).longValue();
    }

    /** @param resources of a container */
    public static boolean fit(Map<?, ?> resources, NodeSize size) {
        return resources.get("limits") instanceof Map<?, ?> limits
                && bytes(String.valueOf(limits.get("memory"))) == (long) size.memoryMib() << 20
                && Quantity.getAmountInBytes(new Quantity(String.valueOf(limits.get("cpu"))))
                                .compareTo(BigDecimal.valueOf(size.cpus()))
                        == 0;
    }

    /** @throws OperationFailed where the claim's volume cannot grow */
    public static void requireExpansion(KubeObjects objects, Live claim) {
        String name = claim.text("spec", "storageClassName").orElse("");
        Optional<Live> found = name.isEmpty() ? Optional.empty() : objects.find(Kind.STORAGE_CLASS, name);
        if (found.isEmpty() || !found.get().is("allowVolumeExpansion")) {
            throw new OperationFailed("the volume " + claim.name() + " cannot grow: its StorageClass "
                    + (name.isEmpty() ? "is not known" : name + " does not allow it (allowVolumeExpansion)")
                    + ". Nothing was changed.");
        }
    }
}
