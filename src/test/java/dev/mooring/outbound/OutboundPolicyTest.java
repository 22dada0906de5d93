package dev.mooring.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where users' words lead, and where not. */
class OutboundPolicyTest {

    private static OutboundPolicy policy(String... allowed) {
        return new OutboundPolicy(Optional.of(List.of(allowed)));
    }

    private static final OutboundPolicy STRICT = new OutboundPolicy(Optional.empty());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/x.git",
                "https://[::1]/x.git",
                "https://[::ffff:127.0.0.1]/x.git",
                "https://[::ffff:7f00:1]/x.git",
                "https://[64:ff9b::7f00:1]/x.git",
                "https://[2002:7f00:1::]/x.git",
                "https://[fd00:ec2::254]/x.git",
                "https://[fe80::1]/x.git",
                "https://0.0.0.0/x.git",
                "https://10.1.2.3/x.git",
                "https://100.100.100.200/x.git",
                "https://169.254.169.254/latest/meta-data/",
                "https://172.31.255.255/x.git",
                "https://192.168.0.1/x.git",
                "https://198.18.0.1/x.git",
                "https://224.0.0.1/x.git",
                "https://255.255.255.255/x.git",
                "https://localhost/x.git",
                "https://LOCALHOST./x.git",
                "https://db.localhost/x.git",
                "https://metadata.google.internal/x.git",
                "https://metadata/x.git",
                "https://github.com@127.0.0.1/x.git",
                "https://github.com:443@127.0.0.1/x.git",
                "https://user:pass@[::1]:8443/x.git",
                "http://github.com/x.git",
                "git://github.com/x.git",
                "ssh://git@github.com/x.git",
                "git@github.com:owner/x.git",
                "file:///etc"
            })
    void isClosed(String url) {
        assertThatThrownBy(() -> STRICT.check(Target.of(url)))
                .isInstanceOf(OutboundPolicy.Refused.class)
                .hasMessageContaining("MOORING_OUTBOUND_ALLOW");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.1/x.git",
                "https://2130706433/x.git",
                "https://0x7f.0.0.1/x.git",
                "https://0x7f000001/x.git",
                "https://0177.0.0.1/x.git",
                "https://127.0.0.1./x.git",
                "https://github.com\\@127.0.0.1/x.git",
                "https://127.0.0.1\t.github.com/x.git",
                "https://127%2e0.0.1/x.git",
                "https://[::1%25lo]/x.git",
                "https://①②⑦.0.0.1/x.git",
                "https:///x.git",
                "https:/127.0.0.1/x.git",
                "file://localhost/etc",
                "ext::sh -c id",
                "-x"
            })
    void isNoTarget(String url) {
        assertThatThrownBy(() -> STRICT.check(Target.of(url)))
                .isInstanceOfAny(IllegalArgumentException.class, OutboundPolicy.Refused.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://github.com/owner/x.git",
                "https://token@github.com/owner/x.git",
                "https://1.1.1.1/x.git",
                "https://[2606:4700:4700::1111]/x.git",
                "https://git.example.com:8443/x.git"
            })
    void isOpen(String url) {
        assertThatCode(() -> STRICT.check(Target.of(url))).doesNotThrowAnyException();
    }

    @Test
    void thisMachinesOwnAddressesAreInside() throws Exception {
        List<InetAddress> own = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.getHostAddress().contains("%"))
                .toList();
        assertThat(own).isNotEmpty();
        own.forEach(address -> assertThatThrownBy(() -> STRICT.checkHost(address.getHostAddress()))
                .isInstanceOf(OutboundPolicy.Refused.class));
    }

    @Test
    void aNameIsWhereItLeads() {
        // Allowed to be asked for, because networks are given; what it leads to is none of them.
        assertThatThrownBy(() -> policy("10.0.0.0/8").resolve("localhost"))
                .isInstanceOf(OutboundPolicy.Refused.class)
                .hasMessageContaining("must not lead to localhost (")
                .hasMessageContaining("inside of this machine");
        assertThatCode(() -> policy("127.0.0.0/8", "::1").resolve("localhost")).doesNotThrowAnyException();
        assertThatCode(() -> policy("localhost").resolve("LocalHost.")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "http,http://github.com/x.git",
        "git,git://github.com/x.git",
        "ssh,git@github.com:x/y.git",
        "file,file:///srv/x.git",
        "10.0.0.0/8,https://10.9.8.7/x.git",
        "10.9.8.7,https://10.9.8.7/x.git",
        "fd00::/8,https://[fd12::1]/x.git",
        "git.corp,https://git.corp/x.git"
    })
    void isOpenedByTheSetting(String allowed, String url) {
        assertThatCode(() -> policy(allowed).check(Target.of(url))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,https://11.0.0.1/x.git,false",
        "10.0.0.0/8,https://127.0.0.1/x.git,true",
        "10.0.0.0/9,https://10.128.0.1/x.git,true",
        "http,http://127.0.0.1/x.git,true",
        "git.corp,https://other.corp/x.git,true",
        "git.corp,https://git.corp.localhost/x.git,true"
    })
    void theSettingOpensNoMoreThanItSays(String allowed, String url, boolean refused) {
        if (refused) {
            assertThatThrownBy(() -> policy(allowed).check(Target.of(url))).isInstanceOf(OutboundPolicy.Refused.class);
        } else {
            assertThatCode(() -> policy(allowed).check(Target.of(url))).doesNotThrowAnyException();
        }
    }

    @Test
    void aSettingThatCannotBeReadIsRefused() {
        assertThatThrownBy(() -> policy("10.0.0.0/33")).hasMessageContaining("MOORING_OUTBOUND_ALLOW");
        assertThatThrownBy(() -> policy("ftp://x")).hasMessageContaining("MOORING_OUTBOUND_ALLOW");
        assertThatThrownBy(() -> policy("127.1")).hasMessageContaining("MOORING_OUTBOUND_ALLOW");
    }

    @Test
    void credentialsAreNotPartOfWhatIsShown() {
        Target target = Target.of("https://me:s%40cret@git.example.com:8443/x.git?a=b");
        assertThat(target.url()).isEqualTo("https://git.example.com:8443/x.git?a=b");
        assertThat(target.user()).isEqualTo("me");
        assertThat(target.password()).isEqualTo("s@cret");
    }
}
