package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.kafka.BrokerProcess;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What brokers measure of themselves. The file is the account's, so nothing is taken but a known form. */
public record BrokerMeasurements(ServerAccount account) {

    private static final int LONGEST = 1 << 14;
    private static final Pattern LINE = Pattern.compile("([a-z_]{1,80}) (-?[0-9.]{1,30}(?:E-?[0-9]{1,3})?)");

    /** By name; empty for one that has not measured yet. */
    public Map<String, String> of(BrokerProcess broker) throws InterruptedException {
        Map<String, String> values = new LinkedHashMap<>();
        try {
            account.read(broker.files().measurements(), LONGEST).lines().forEach(line -> {
                Matcher value = LINE.matcher(line);
                if (value.matches()) {
                    values.put(value.group(1), value.group(2));
                }
            });
        } catch (IOException e) {
            // It has not measured yet.
            return Map.of();
        }
        return values;
    }
}
