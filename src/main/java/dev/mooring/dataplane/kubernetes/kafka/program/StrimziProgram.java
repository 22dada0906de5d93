package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.facts.Patient;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.program.PatientProgram;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.time.Clock;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;

/** What the programs on Kafka clusters share: a change is done when the brokers themselves say so. */
abstract class StrimziProgram<S extends Enum<S> & Step, F extends Patient<F>> extends PatientProgram<S, F> {

    protected final StrimziProjection projection;
    protected final StrimziBrokers brokers;

    StrimziProgram(
            Change change,
            Class<S> steps,
            S rollBack,
            F noFacts,
            StrimziProjection projection,
            StrimziBrokers brokers,
            KubernetesSettings settings,
            Clock clock) {
        super(change, KafkaEngine.ENGINE, steps, rollBack, noFacts, settings, clock);
        this.projection = projection;
        this.brokers = brokers;
    }

    protected abstract Next change(S step, Task<ClusterSpec, F> task) throws Exception;

    @Override
    protected final Next step(S step, Task<ClusterSpec, F> task) throws Exception {
        try {
            return change(step, task);
        } catch (Topics.Unreachable e) {
            return wait(Waiting.on("the brokers cannot be asked: " + e.getMessage()), task);
        } catch (AuthenticationException e) {
            return wait(Waiting.refused("the brokers do not let Mooring in: " + e.getMessage()), task);
        } catch (ApiException e) {
            // What brokers refuse they would refuse again; what did not reach them is another exception.
            throw new OperationFailed("Kafka refuses the change: " + e.getMessage() + ". " + afterFailure(), e);
        }
    }

    /** What was asked for is remembered when it is in force. */
    @Override
    public boolean inForce(Task<ClusterSpec, F> task) {
        return applied(task.wish()) >= task.wish().revision();
    }

    /** The revision that is in force; 0 for none. */
    protected long applied(ClusterSpec spec) {
        return projection.remembered(spec.id()).map(ClusterSpec::revision).orElse(0L);
    }
}
