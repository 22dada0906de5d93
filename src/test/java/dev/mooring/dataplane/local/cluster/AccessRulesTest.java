package dev.mooring.dataplane.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.member.ServiceRole;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessRulesTest {

    private static final String OLD_HEAD = "# Written by Mooring; changes here are overwritten.\n"
            + "host all postgres samehost scram-sha-256\nhost replication postgres samehost scram-sha-256\n";

    @Test
    void mooringsOwnRolesComeInFromThisMachineOnly() {
        List<String> lines = AccessRules.render(List.of("10.1.0.0/16")).lines().toList();
        for (String role : ServiceRole.allNames()) {
            List<String> own =
                    lines.stream().filter(line -> line.contains(role)).toList();
            assertThat(own).as(role).allMatch(line -> line.contains(" samehost ") || line.endsWith(" all reject"));
            assertThat(own).as(role).anyMatch(line -> line.startsWith("host all ") && line.endsWith(" all reject"));
            assertThat(own)
                    .as(role)
                    .anyMatch(line -> line.startsWith("host replication ") && line.endsWith(" all reject"));
        }
        assertThat(lines.subList(lines.size() - 2, lines.size()))
                .containsExactly(
                        "hostssl all all 10.1.0.0/16 scram-sha-256",
                        "hostssl replication all 10.1.0.0/16 scram-sha-256");
    }

    @Test
    void whatLetsThePoolsInStaysBeforeWhatKeepsTheirRoleOut() {
        String own = "hostssl all mooring_pooler samehost cert\n";
        String through = "hostssl all all samehost scram-sha-256 clientcert=verify-ca\n";
        String plain = AccessRules.render(List.of("10.1.0.0/16"));
        int rejected = plain.indexOf("host all postgres,");
        String pooled = plain.substring(0, rejected) + own + plain.substring(rejected) + through;
        assertThat(AccessRules.renewed(pooled)).isEqualTo(pooled);
        assertThat(AccessRules.networks(pooled)).containsExactly("10.1.0.0/16");
        assertThat(plain).doesNotContain("cert");
    }

    @Test
    void theRulesOfAnOlderMooringAreRenewedAndTrustWhomTheyTrusted() {
        String ofOthers =
                "hostssl all all 10.1.0.0/16 scram-sha-256\nhostssl replication all 10.1.0.0/16 scram-sha-256\n";
        assertThat(AccessRules.renewed(OLD_HEAD + "host all postgres all reject\n" + ofOthers))
                .isEqualTo(AccessRules.render(List.of("10.1.0.0/16")));
        assertThat(AccessRules.renewed(OLD_HEAD)).isEqualTo(AccessRules.superuserOnly());
        assertThat(AccessRules.renewed(OLD_HEAD + "host all postgres all reject\n"))
                .as("trusting nobody")
                .doesNotContain("hostssl");
    }
}
