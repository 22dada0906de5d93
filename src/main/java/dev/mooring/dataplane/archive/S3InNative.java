package dev.mooring.dataplane.archive;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.checksums.SdkChecksum;
import software.amazon.awssdk.checksums.spi.ChecksumAlgorithm;
import software.amazon.awssdk.http.auth.aws.crt.internal.signer.DefaultAwsCrtV4aHttpSigner;

/**
 * The S3 client can use Amazon's C library where it finds it. A native image wants to know every class when it is built, so
 * there the places that would use the library say that it is missing, as they do without it on the JVM.
 */
final class S3InNative {

    private S3InNative() {}

    private static UnsupportedOperationException missing() {
        return new UnsupportedOperationException("Amazon's common runtime is not part of Mooring");
    }

    @TargetClass(className = "software.amazon.awssdk.checksums.internal.ChecksumProvider")
    static final class Checksums {

        private Checksums() {}

        /** The JDK has one. */
        @Substitute
        static @Nullable SdkChecksum createCrtCrc32C() {
            return null;
        }

        @Substitute
        static SdkChecksum crc64NvmeCrtImplementation() {
            throw missing();
        }

        @Substitute
        static SdkChecksum crtXxHash(ChecksumAlgorithm algorithm) {
            throw missing();
        }
    }

    /** The one that is left out signs for several regions at once. */
    @TargetClass(className = "software.amazon.awssdk.http.auth.aws.internal.signer.util.OptionalDependencyLoaderUtil")
    static final class Signers {

        private Signers() {}

        @Substitute
        public static DefaultAwsCrtV4aHttpSigner getDefaultAwsCrtV4aHttpSigner() {
            throw missing();
        }
    }
}
