package dev.mooring.home;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * What a user logs in with, both as PEM.
 *
 * @param certificate without that of the CA: whoever checks it knows it by itself
 * @param key PKCS#8, not encrypted
 */
public record ClientCertificate(String certificate, String key) {

    /** SHA-256 of a certificate's DER form, in lower-case hexadecimal. */
    public static String fingerprint(String certificate) throws IOException, GeneralSecurityException {
        byte[] der = Pem.certificate(certificate).getEncoded();
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
    }
}
