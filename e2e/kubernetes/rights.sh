#!/usr/bin/env bash
# Takes each right of deploy/kustomize/overlays/cloudnativepg away in turn on the Kubernetes of KUBECONFIG, which has to allow everything
# and know RBAC, and expects that Mooring says which one it misses. Needs a JDK and Maven; minutes. The operators need not be there:
# their kinds are made where they are missing. What it makes lies in a namespace of its own, and goes with it.
set -euo pipefail
config=$(readlink -f "${KUBECONFIG:?set KUBECONFIG to one file}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for kind in src/test/resources/kubernetes/*.yaml; do
  kubectl get -f "$kind" >/dev/null 2>&1 || kubectl create -f "$kind"
done
kubectl wait --for=condition=Established --timeout=60s $(printf -- '-f %s ' src/test/resources/kubernetes/*.yaml)
RIGHTS_KUBECONFIG=$config exec mvn -o -q --batch-mode test -Dtest=KubernetesRightsTest "$@"
