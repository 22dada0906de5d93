package dev.mooring.dataplane.kubernetes.client;

import com.oracle.svm.core.annotate.Delete;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.fabric8.kubernetes.client.dsl.InOutCreateable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.extended.run.RunOperations;

/**
 * The client knows every built-in kind of Kubernetes as Java classes, of which a native image would keep some two thousand and all
 * their methods. {@link KubeObjects} asks for objects of any kind as trees, so there those classes are left out: the lists
 * that the client looks for on the class path by {@code src/main/native/build.args}, what names them in code here.
 */
@TargetClass(className = "io.fabric8.kubernetes.client.impl.KubernetesClientImpl")
final class ClientInNative {

    private ClientInNative() {}

    @Substitute
    void registerDefaultAdapters() {
        // None is asked for.
    }

    @Substitute
    void registerDefaultHandlers() {
        // Objects as trees need none.
    }

    @Delete
    public native NonNamespaceOperation<?, ?, ?> componentstatuses();

    @Delete
    public native MixedOperation<?, ?, ?> bindings();

    @Delete
    public native MixedOperation<?, ?, ?> endpoints();

    @Delete
    public native NonNamespaceOperation<?, ?, ?> namespaces();

    @Delete
    public native NonNamespaceOperation<?, ?, ?> nodes();

    @Delete
    public native NonNamespaceOperation<?, ?, ?> persistentVolumes();

    @Delete
    public native MixedOperation<?, ?, ?> persistentVolumeClaims();

    @Delete
    public native MixedOperation<?, ?, ?> pods();

    @Delete
    public native MixedOperation<?, ?, ?> replicationControllers();

    @Delete
    public native MixedOperation<?, ?, ?> resourceQuotas();

    @Delete
    public native MixedOperation<?, ?, ?> secrets();

    @Delete
    public native MixedOperation<?, ?, ?> services();

    @Delete
    public native MixedOperation<?, ?, ?> serviceAccounts();

    @Delete
    public native NonNamespaceOperation<?, ?, ?> apiServices();

    @Delete
    public native MixedOperation<?, ?, ?> configMaps();

    @Delete
    public native MixedOperation<?, ?, ?> limitRanges();

    @Delete
    public native NonNamespaceOperation<?, ?, ?> certificateSigningRequests();

    @Delete
    public native InOutCreateable<?, ?> tokenReviews();

    @Delete
    public native MixedOperation<?, ?, ?> leases();

    @Delete
    public native RunOperations run();

    @Delete
    public native NonNamespaceOperation<?, ?, ?> runtimeClasses();
}
