package dev.mooring.dataplane.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/** A bucket of any storage that speaks S3. */
public final class S3Store implements ArchiveStore {

    private final S3Client client;
    private final ArchiveSettings.S3 settings;
    private final String bucket;
    private final String prefix;

    public S3Store(ArchiveSettings.S3 settings, String bucket) {
        this.settings = settings;
        this.bucket = bucket;
        String folder = settings.prefix().orElse("").strip();
        this.prefix = folder.isEmpty() || folder.endsWith("/") ? folder : folder + "/";
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .region(Region.of(settings.region()))
                // Not every storage knows the checksums that the client would add; what is stored here has its own.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .forcePathStyle(settings.pathStyle());
        settings.endpoint().map(URI::create).ifPresent(builder::endpointOverride);
        if (settings.accessKey().isPresent() && settings.secretKey().isPresent()) {
            builder.credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                    settings.accessKey().get(), settings.secretKey().get())));
        } else {
            builder.credentialsProvider(DefaultCredentialsProvider.builder().build());
        }
        this.client = builder.build();
    }

    @Override
    public long put(String key, Content content) throws IOException {
        return call(() -> {
            try (S3Upload upload = new S3Upload(client, bucket, prefix + key)) {
                content.writeTo(upload);
                return upload.finish();
            }
        });
    }

    @Override
    public InputStream open(String key) throws IOException {
        ResponseInputStream<GetObjectResponse> object =
                call(() -> client.getObject(request -> request.bucket(bucket).key(prefix + key)));
        return new FilterInputStream(object) {
            // Without reading what is left of it.
            @Override
            public void close() {
                object.abort();
            }
        };
    }

    @Override
    public List<Stored> list(String folder) throws IOException {
        return call(() -> {
            List<Stored> found = new ArrayList<>();
            for (S3Object object : client.listObjectsV2Paginator(
                            request -> request.bucket(bucket).prefix(prefix + folder + "/"))
                    .contents()) {
                found.add(new Stored(object.key().substring(prefix.length()), object.size()));
            }
            return found;
        });
    }

    @Override
    public void delete(String key) throws IOException {
        call(() -> client.deleteObject(request -> request.bucket(bucket).key(prefix + key)));
    }

    @Override
    public String location() {
        return "s3://" + bucket + "/" + prefix
                + settings.endpoint().map(endpoint -> " at " + endpoint).orElse("");
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws IOException;
    }

    /** The client's failures as what they are to everybody else. */
    private <T> T call(Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (NoSuchKeyException e) {
            throw new NoSuchFileException(e.getMessage());
        } catch (AbortedException e) {
            throw new InterruptedIOException(e.getMessage());
        } catch (SdkException e) {
            throw new IOException(location() + ": " + e.getMessage(), e);
        }
    }
}
