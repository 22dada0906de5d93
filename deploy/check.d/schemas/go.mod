// Modules that nobody compiles: deploy/check takes the published schemas out of them, verified by go.sum.
module mooring/deploy/check.d/schemas

go 1.25.0

require (
	github.com/compose-spec/compose-go/v2 v2.8.1
	github.com/prometheus-operator/prometheus-operator v0.85.0
	knative.dev/serving v0.47.0
)
