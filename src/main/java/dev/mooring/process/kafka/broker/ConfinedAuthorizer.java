package dev.mooring.process.kafka.broker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/**
 * Kafka's own rules, and one more: what reaches from a cluster to its machine is for Mooring and the brokers alone, whatever else a
 * user may do. A broker's settings name files, classes and login modules, and its controllers connect to whom they are told.
 */
public class ConfinedAuthorizer extends StandardAuthorizer {

    /** The broker's setting with those who are not confined, as {@code super.users} has them. */
    static final String SETTING = "mooring.own.principals";

    /** What an administrator of a cluster's data does with its topics, users and rules. */
    private static final Set<ApiKeys> HARMLESS = Set.of(
            ApiKeys.CREATE_ACLS,
            ApiKeys.DELETE_ACLS,
            ApiKeys.ALTER_USER_SCRAM_CREDENTIALS,
            ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
            ApiKeys.ELECT_LEADERS);

    private Set<String> own = Set.of();

    @Override
    public void configure(Map<String, ?> settings) {
        super.configure(settings);
        own = ownPrincipals(settings);
    }

    static Set<String> ownPrincipals(Map<String, ?> settings) {
        return Arrays.stream(String.valueOf(settings.get(SETTING)).split(";"))
                .map(String::strip)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public List<AuthorizationResult> authorize(AuthorizableRequestContext request, List<Action> actions) {
        List<AuthorizationResult> results = super.authorize(request, actions);
        if (own.contains(request.principal().toString())) {
            return results;
        }
        List<AuthorizationResult> confined = new ArrayList<>(results.size());
        for (int i = 0; i < actions.size(); i++) {
            confined.add(reachesTheMachine(request, actions.get(i)) ? AuthorizationResult.DENIED : results.get(i));
        }
        return confined;
    }

    private static boolean reachesTheMachine(AuthorizableRequestContext request, Action action) {
        if (action.resourcePattern().resourceType() != ResourceType.CLUSTER) {
            return false;
        }
        AclOperation operation = action.operation();
        return operation == AclOperation.ALTER_CONFIGS
                || operation == AclOperation.CLUSTER_ACTION
                || operation == AclOperation.ALTER
                        && HARMLESS.stream().noneMatch(harmless -> harmless.id == request.requestType());
    }
}
