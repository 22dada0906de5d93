package dev.mooring.mcp.tool;

import dev.mooring.database.backup.ProofResource;
import dev.mooring.database.backup.RecoveryResource;
import dev.mooring.database.backup.RestorePreviewResource;
import dev.mooring.operation.api.OperationResource;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What tools answer with. The API's own answers are written by serializers that are made when the application is built; a tool's go into
 * another answer, for which the native executable has to know their members, and those of what is in them.
 */
@RegisterForReflection(
        registerFullHierarchy = true,
        targets = {
            OperationResource.Found.class,
            OperationResource.OperationEnvelope.class,
            RecoveryResource.WindowView.class,
            RestorePreviewResource.PreviewEnvelope.class,
            ProofResource.ProofEnvelope.class,
            ClusterTools.Listed.class,
            ClusterTools.Inspected.class,
            ClusterTools.Happened.class
        })
final class Answers {

    private Answers() {}
}
