package dev.mooring.home;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.GeneralName;

/** Host names and addresses as a certificate takes them; anything else is refused, wherever it comes from. */
public final class CertificateNames {

    /** RFC 1123 with underscores, which machines' own names have: no wildcard, no white space, nothing but ASCII. */
    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}\\z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");

    private static final Pattern IPV4 = Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!\\z)|\\z)){4}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    /** X.520, ub-common-name. */
    private static final int LONGEST_COMMON_NAME = 64;

    private CertificateNames() {}

    /** Whether it is a host name or an address. */
    public static boolean fits(String host) {
        return IPV4.matcher(host).matches()
                || IPV6.matcher(host).matches()
                || NAME.matcher(host).matches();
    }

    /**
     * @throws IllegalArgumentException for what is neither a host name nor an address
     */
    static GeneralName general(String host) {
        if (!fits(host)) {
            throw new IllegalArgumentException("neither a host name nor an address: " + host);
        }
        boolean address = IPV4.matcher(host).matches() || host.indexOf(':') >= 0;
        return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host);
    }

    /** As a certificate shows it: IPv6 addresses in full. */
    static String shown(String host) {
        try {
            // No name: nothing is looked up.
            return IPV6.matcher(host).matches() ? InetAddress.getByName(host).getHostAddress() : host;
        } catch (UnknownHostException e) {
            return host;
        }
    }

    /** Built and not parsed: whatever the text holds is one common name. */
    static X500Principal subject(String commonName) throws IOException {
        return new X500Principal(new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, commonName.length() > LONGEST_COMMON_NAME ? "mooring" : commonName)
                .build()
                .getEncoded());
    }
}
