package dev.mooring.start.preflight;

import dev.mooring.home.CertificateNames;
import dev.mooring.outbound.OutboundPolicy;
import dev.mooring.process.kafka.JavaRuntime;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What each setting of Mooring's own has to be, by its property's name; {@code docs/settings.md} says what they are for. */
final class SettingRules {

    static final SettingRule NETWORK = SettingRule.that(
            SettingRules::isNetwork, "must be an address, or a network such as 10.0.0.0/8 or fd00::/8");
    private static final SettingRule ADDRESS = SettingRule.that(
            SettingRules::isAddress, "must be an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::");
    private static final SettingRule HOST =
            SettingRule.that(CertificateNames::fits, "must be a host name or an address");
    private static final SettingRule SLUG = SettingRule.that(
            value -> value.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?"),
            "must be a slug of small letters, digits and hyphens, such as nyc1");
    private static final SettingRule IMAGE = SettingRule.that(
            value -> value.matches("(1[4-8])\\.\\d{1,3}=[^\\s,=]+:\\1[^\\s,=]*"),
            "must be MAJOR.MINOR=IMAGE of PostgreSQL 14 to 18, with a tag that begins with the major version");
    private static final SettingRule KAFKA = SettingRule.that(
            value -> value.matches("[4-9]\\.\\d{1,3}\\.\\d{1,3}"),
            "must be MAJOR.MINOR.PATCH of Kafka 4 or newer, such as 4.3.0");
    private static final SettingRule URL = SettingRule.that(
            SettingRules::isUrl, "must be a URL such as https://s3.example.com, or http://127.0.0.1:9000");
    private static final SettingRule FOLDERS = SettingRule.that(
            value -> Arrays.stream(value.split(":")).allMatch(folder -> Files.isDirectory(Path.of(folder))),
            "must hold folders that are there, joined by colons");
    private static final SettingRule PROGRAM = SettingRule.that(
            value -> Files.isRegularFile(Path.of(value)) && Files.isExecutable(Path.of(value)),
            "must be a program that is there");
    private static final SettingRule JAVA = SettingRule.that(
            value -> JavaRuntime.at(Path.of(value)).isPresent(),
            "must be the folder of a Java " + JavaRuntime.LEAST + " or newer, with bin/java in it");
    private static final SettingRule KEY = SettingRule.that(
            SettingRules::isKey, "must be base64 of 32 bytes. Make it once with: head -c 32 /dev/urandom | base64");
    private static final int LOWEST_ACCOUNT = 1000;

    private static final SettingRule COUNT = SettingRule.number(1, Integer.MAX_VALUE);
    /** None, or as many as make sense. */
    private static final SettingRule SPARES = SettingRule.number(0, 100);

    private static final SettingRule AMOUNT = SettingRule.number(1, Long.MAX_VALUE);

    private static final Map<String, SettingRule> ALL = new TreeMap<>(Map.ofEntries(
            Map.entry("mooring.home", SettingRule.ANY),
            Map.entry("mooring.admin.token", SettingRule.ANY),
            Map.entry("mooring.encryption.key", KEY),
            Map.entry("mooring.url", SettingRule.ANY),
            Map.entry("mooring.token", SettingRule.ANY),
            Map.entry("mooring.ca", SettingRule.ANY),
            Map.entry("mooring.bind", ADDRESS),
            Map.entry("mooring.tls.terminated", SettingRule.FLAG),
            Map.entry("mooring.https", SettingRule.FLAG),
            Map.entry("mooring.console", SettingRule.FLAG),
            Map.entry("mooring.mcp", SettingRule.FLAG),
            Map.entry("mooring.metrics.public", SettingRule.FLAG),
            Map.entry("mooring.role", SettingRule.oneOf("all", "api", "worker", "migrate")),
            Map.entry("mooring.dataplane", SettingRule.oneOf("local", "kubernetes")),
            Map.entry("mooring.kubernetes.namespace", SLUG),
            Map.entry("mooring.kubernetes.operator-namespace", SLUG),
            Map.entry("mooring.kubernetes.control-namespace", SLUG),
            Map.entry("mooring.kubernetes.apps-namespace", SLUG),
            Map.entry("mooring.kubernetes.images", SettingRule.each(IMAGE, "image")),
            Map.entry("mooring.kubernetes.kafka-versions", SettingRule.each(KAFKA, "version")),
            Map.entry("mooring.kubernetes.storage-class", SettingRule.ANY),
            Map.entry("mooring.kubernetes.patience", SettingRule.DURATION),
            Map.entry("mooring.regions", SettingRule.each(SLUG, "slug")),
            Map.entry("mooring.trusted.proxies", SettingRule.each(NETWORK, "network")),
            Map.entry(
                    "mooring.outbound.allow",
                    SettingRule.parsed(value -> new OutboundPolicy(Optional.of(List.of(value.split(",")))))),
            Map.entry("mooring.engines", SettingRule.FOLDER),
            Map.entry("mooring.kafka.java", JAVA),
            Map.entry("mooring.pgbouncer", PROGRAM),
            Map.entry("mooring.tools", SettingRule.FOLDER),
            Map.entry("mooring.postgres.installations", FOLDERS),
            Map.entry("mooring.apps.runtime", SettingRule.oneOf("none", "local", "kubernetes")),
            Map.entry("mooring.apps.user", SettingRule.ANY),
            Map.entry(
                    "mooring.apps.uids",
                    SettingRule.that(
                            SettingRules::areAccounts,
                            "must be the first and the last number of accounts, such as 200000-265535, from "
                                    + LOWEST_ACCOUNT + " up")),
            Map.entry("mooring.apps.memory", SettingRule.MEMORY),
            Map.entry("mooring.apps.processes", COUNT),
            Map.entry("mooring.apps.files", COUNT),
            Map.entry("mooring.apps.bind", ADDRESS),
            Map.entry("mooring.apps.ports", SettingRule.PORTS),
            Map.entry("mooring.apps.networks", SettingRule.each(NETWORK, "network")),
            Map.entry("mooring.apps.kafka-trusted-sources", SettingRule.FLAG),
            Map.entry("mooring.apps.rehearsals", SettingRule.FLAG),
            Map.entry("mooring.apps.uploads", SettingRule.ANY),
            Map.entry("mooring.audit.retention", SettingRule.DURATION),
            Map.entry("mooring.backup.every", SettingRule.DURATION),
            Map.entry("mooring.backup.keep", SettingRule.DURATION),
            Map.entry("mooring.backup.key", KEY),
            Map.entry("mooring.archive.folder", SettingRule.ANY),
            Map.entry("mooring.archive.flush", SettingRule.DURATION),
            Map.entry("mooring.archive.grace", SettingRule.DURATION),
            Map.entry("mooring.archive.s3.bucket", SettingRule.ANY),
            Map.entry("mooring.archive.s3.prefix", SettingRule.ANY),
            Map.entry("mooring.archive.s3.region", SLUG),
            Map.entry("mooring.archive.s3.endpoint", URL),
            Map.entry("mooring.archive.s3.access-key", SettingRule.ANY),
            Map.entry("mooring.archive.s3.secret-key", SettingRule.ANY),
            Map.entry("mooring.archive.s3.path-style", SettingRule.FLAG),
            Map.entry("mooring.local.bind", ADDRESS),
            Map.entry("mooring.local.hostname", HOST),
            Map.entry("mooring.local.ports", SettingRule.PORTS),
            Map.entry("mooring.local.user", SettingRule.ANY),
            Map.entry("mooring.local.watch", SettingRule.FLAG),
            Map.entry("mooring.local.spares", SPARES),
            Map.entry("mooring.local.stop", SettingRule.FLAG),
            Map.entry("mooring.operations.slots", COUNT),
            Map.entry("mooring.operations.lease", SettingRule.DURATION),
            Map.entry("mooring.operations.max-attempts", COUNT),
            Map.entry("mooring.operations.backoff", SettingRule.DURATION),
            Map.entry("mooring.operations.max-backoff", SettingRule.DURATION),
            Map.entry("mooring.operations.retention", SettingRule.DURATION),
            Map.entry("mooring.rate-limit.hourly", AMOUNT),
            Map.entry("mooring.rate-limit.burst", AMOUNT),
            Map.entry("mooring.connections.request", SettingRule.DURATION),
            Map.entry("mooring.connections.idle", SettingRule.DURATION),
            Map.entry("mooring.connections.per-address", COUNT),
            Map.entry("quarkus.http.port", SettingRule.number(0, 65535)),
            Map.entry("quarkus.http.ssl-port", SettingRule.number(0, 65535))));

    private SettingRules() {}

    static Map<String, SettingRule> all() {
        return ALL;
    }

    /** Whether a value is nobody else's business. */
    static boolean secret(String property) {
        return property.endsWith("key") || property.endsWith("token");
    }

    private static boolean isAddress(String value) {
        try {
            return InetAddress.getByName(value) != null;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean isNetwork(String value) {
        String[] parts = value.split("/", -1);
        boolean four = NetUtil.isValidIpV4Address(parts[0]);
        if (parts.length > 2 || !(four || NetUtil.isValidIpV6Address(parts[0]))) {
            return false;
        }
        return parts.length == 1
                || parts[1].matches("\\d{1,3}") && Integer.parseInt(parts[1]) <= (four ? Integer.SIZE : 128);
    }

    private static boolean isUrl(String value) {
        try {
            URI url = URI.create(value);
            return url.getHost() != null && List.of("http", "https").contains(url.getScheme());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isKey(String value) {
        try {
            return Base64.getDecoder().decode(value.strip()).length == 32;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean areAccounts(String value) {
        if (!value.matches("\\d{1,10}-\\d{1,10}")) {
            return false;
        }
        long first = Long.parseLong(value.substring(0, value.indexOf('-')));
        long last = Long.parseLong(value.substring(value.indexOf('-') + 1));
        return first >= LOWEST_ACCOUNT && first <= last && last < Integer.MAX_VALUE;
    }
}
