package dev.mooring.dataplane.archive;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** One object on its way into a bucket: in one request when it is small, else in parts, which S3 puts together in the end. */
final class S3Upload extends OutputStream {

    /** S3 takes at most 10,000 of them and none but the last below 5 MiB. */
    private static final int PART = 8 << 20;

    private static final int FIRST_BUFFER = 64 << 10;

    private final S3Client client;
    private final String bucket;
    private final String key;
    private final List<CompletedPart> parts = new ArrayList<>();
    private byte[] buffer = new byte[FIRST_BUFFER];
    private int filled;
    private long size;
    private @Nullable String upload;

    S3Upload(S3Client client, String bucket, String key) {
        this.client = client;
        this.bucket = bucket;
        this.key = key;
    }

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        int from = offset;
        int left = length;
        while (left > 0) {
            int some = Math.min(left, PART - filled);
            if (filled + some > buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.clamp(4L * buffer.length, filled + some, PART));
            }
            System.arraycopy(bytes, from, buffer, filled, some);
            filled += some;
            from += some;
            left -= some;
            if (filled == PART) {
                sendPart();
            }
        }
    }

    private void sendPart() {
        if (upload == null) {
            upload = client.createMultipartUpload(
                            request -> request.bucket(bucket).key(key))
                    .uploadId();
        }
        int number = parts.size() + 1;
        String tag = client.uploadPart(
                        request ->
                                request.bucket(bucket).key(key).uploadId(upload).partNumber(number),
                        body())
                .eTag();
        parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
        size += filled;
        filled = 0;
    }

    private RequestBody body() {
        return RequestBody.fromBytes(filled == buffer.length ? buffer : Arrays.copyOf(buffer, filled));
    }

    /** Until here nobody sees it. */
    long finish() {
        if (upload == null) {
            client.putObject(request -> request.bucket(bucket).key(key), body());
            return filled;
        }
        if (filled > 0) {
            sendPart();
        }
        client.completeMultipartUpload(request ->
                request.bucket(bucket).key(key).uploadId(upload).multipartUpload(completed -> completed.parts(parts)));
        upload = null;
        return size;
    }

    /** Leaves nothing behind of an upload that was not finished. */
    @Override
    public void close() {
        if (upload != null) {
            client.abortMultipartUpload(
                    request -> request.bucket(bucket).key(key).uploadId(upload));
            upload = null;
        }
    }
}
