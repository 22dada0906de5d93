// A stand-alone Kubernetes API server for tests. It is the real
// apiextensions-apiserver (storage, watch, server-side apply, CEL, defaulting,
// finalizers, status subresources) over a real etcd, without kube-apiserver:
//   - custom resources behave exactly as in a cluster;
//   - built-in kinds (Secret, Service, Pod, ...) are kept as schemaless custom
//     resources of a ".shim" group and renamed on the wire, so clients see the
//     usual /api/v1 and /apis/apps/v1 paths. They get storage, watch, SSA,
//     conflicts and finalizers, but no validation, no defaulting, no GC.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	noopoteltrace "go.opentelemetry.io/otel/trace/noop"
	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	generatedopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
)

// group|version|Kind|plural|namespaced ("" is the core group)
var builtins = strings.Fields(`
|v1|Namespace|nses|N |v1|Node|nodes|N |v1|PersistentVolume|persistentvolumes|N
|v1|Secret|secrets|Y |v1|ConfigMap|configmaps|Y |v1|Service|services|Y |v1|Pod|pods|Y
|v1|PersistentVolumeClaim|persistentvolumeclaims|Y |v1|ServiceAccount|serviceaccounts|Y
|v1|Event|events|Y |v1|ResourceQuota|resourcequotas|Y |v1|LimitRange|limitranges|Y |v1|Endpoints|endpoints|Y
apps|v1|Deployment|deployments|Y apps|v1|StatefulSet|statefulsets|Y batch|v1|Job|jobs|Y batch|v1|CronJob|cronjobs|Y
policy|v1|PodDisruptionBudget|poddisruptionbudgets|Y
networking.k8s.io|v1|NetworkPolicy|networkpolicies|Y networking.k8s.io|v1|Ingress|ingresses|Y
rbac.authorization.k8s.io|v1|Role|roles|Y rbac.authorization.k8s.io|v1|RoleBinding|rolebindings|Y
coordination.k8s.io|v1|Lease|leases|Y storage.k8s.io|v1|StorageClass|storageclasses|N`)

var shims = map[string]string{"": "core.shim", "apps": "apps.shim", "batch": "batch.shim", "policy": "policy.shim"}

func gv(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}

func crd(b string) []byte {
	f := strings.Split(b, "|")
	group, scope := f[0], "Namespaced"
	if s, ok := shims[group]; ok {
		group = s
	}
	if f[4] == "N" {
		scope = "Cluster"
	}
	ver := map[string]any{"name": f[1], "served": true, "storage": true,
		"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}
	if f[2] != "Secret" && f[2] != "ConfigMap" && f[2] != "ServiceAccount" && f[2] != "Lease" && f[2] != "Event" {
		ver["subresources"] = map[string]any{"status": map[string]any{}}
	}
	o, _ := json.Marshal(map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": f[3] + "." + group, "annotations": map[string]any{"api-approved.kubernetes.io": "unapproved, test only"}},
		"spec": map[string]any{"group": group, "scope": scope, "versions": []any{ver},
			"names": map[string]any{"kind": f[2], "listKind": f[2] + "List", "plural": f[3], "singular": strings.ToLower(f[2])}}})
	return o
}

// rewriting of paths and apiVersion fields between the real and the shim groups
func wire(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api" {
			reply(w, map[string]any{"kind": "APIVersions", "versions": []string{"v1"}})
			return
		}
		if r.URL.Path == "/apis" {
			groups(w, r, next)
			return
		}
		from, to := "", ""
		for g, s := range shims {
			p, q := "/apis/"+g+"/", "/apis/"+s+"/"
			if g == "" {
				p = "/api/"
			}
			if strings.HasPrefix(r.URL.Path, p) {
				r.URL.Path, from, to = q+strings.TrimPrefix(r.URL.Path, p), gv(g, "v1"), s+"/v1"
				break
			}
		}
		if from == "" {
			next.ServeHTTP(w, r)
			return
		}
		// schemaless resources have no protobuf: say so instead of failing in the decoder ("kubectl create" sends it, "kubectl apply" does not)
		if strings.Contains(r.Header.Get("Content-Type"), "protobuf") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnsupportedMediaType)
			_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 415, "reason": "UnsupportedMediaType",
				"message": "this server takes JSON and YAML for built-in kinds, not protobuf"})
			return
		}
		// the path /…/namespaces/NAME means a scope to the server, so the Namespace objects have another plural there
		if x := strings.Split(r.URL.Path, "/"); from == "v1" && len(x) > 4 && x[4] == "namespaces" && (len(x) < 7 || len(x) == 7 && (x[6] == "status" || x[6] == "finalize")) {
			x[4] = "nses"
			r.URL.Path = strings.Join(x, "/")
		}
		r.RequestURI = r.URL.RequestURI()
		r.Header.Del("Accept-Encoding")
		r.Header.Set("Accept", "application/json")
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			b = swap(b, from, to)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		}
		next.ServeHTTP(&swapper{ResponseWriter: w, from: to, to: from}, r)
	})
}

func swap(b []byte, from, to string) []byte {
	for _, f := range []string{`"apiVersion":"%s"`, `"apiVersion": "%s"`, "apiVersion: %s\n", `"groupVersion":"%s"`} {
		b = bytes.ReplaceAll(b, []byte(fmt.Sprintf(f, from)), []byte(fmt.Sprintf(f, to)))
	}
	return bytes.ReplaceAll(b, []byte(`"name":"nses`), []byte(`"name":"namespaces`))
}

type swapper struct {
	http.ResponseWriter
	from, to string
}

func (s *swapper) WriteHeader(c int) {
	s.Header().Del("Content-Length")
	s.ResponseWriter.WriteHeader(c)
}
func (s *swapper) Write(b []byte) (int, error) {
	if _, err := s.ResponseWriter.Write(swap(b, s.from, s.to)); err != nil {
		return 0, err
	}
	return len(b), nil
}
func (s *swapper) Flush() { s.ResponseWriter.(http.Flusher).Flush() }
func (s *swapper) CloseNotify() <-chan bool {
	return s.ResponseWriter.(http.CloseNotifier).CloseNotify()
}
func (s *swapper) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func groups(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := &recorder{h: http.Header{}}
	q, _ := http.NewRequestWithContext(r.Context(), "GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", nil)
	q.RequestURI = q.URL.RequestURI()
	next.ServeHTTP(rec, q)
	var l struct {
		Items []struct {
			Spec struct {
				Group    string
				Versions []struct{ Name string }
			}
		}
	}
	_ = json.Unmarshal(rec.b.Bytes(), &l)
	seen := map[string]bool{"core.shim": true}
	out := []any{group("apiextensions.k8s.io", "v1")}
	for _, i := range l.Items {
		g := i.Spec.Group
		if seen[g] {
			continue
		}
		seen[g] = true
		for real, s := range shims {
			if s == g {
				g = real
			}
		}
		out = append(out, group(g, i.Spec.Versions[0].Name))
	}
	reply(w, map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": out})
}

func group(g, v string) any {
	x := map[string]string{"groupVersion": gv(g, v), "version": v}
	return map[string]any{"name": g, "versions": []any{x}, "preferredVersion": x}
}

type recorder struct {
	h http.Header
	b bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.h }
func (r *recorder) Write(b []byte) (int, error) { return r.b.Write(b) }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Flush()                      {}

func reply(w http.ResponseWriter, o any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(o)
}

type noServices struct{}

func (noServices) ResolveEndpoint(ns, name string, port int32) (*url.URL, error) {
	return nil, os.ErrNotExist
}

func main() {
	ctx := genericapiserver.SetupSignalContext()
	o := options.NewCustomResourceDefinitionsServerOptions(os.Stdout, os.Stderr)
	fs := pflag.NewFlagSet("apiserver", pflag.ExitOnError)
	o.AddFlags(fs)
	crds := fs.StringSlice("crd", nil, "CRD YAML files to load at start")
	_ = fs.Parse(os.Args[1:])
	ro := o.RecommendedOptions
	ro.Authentication, ro.Authorization, ro.CoreAPI, ro.Admission = nil, nil, nil, nil
	ro.Features.EnablePriorityAndFairness = false
	must(o.Complete())
	must(ro.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.ParseIP("127.0.0.1")}))

	sc := genericapiserver.NewRecommendedConfig(apiserver.Codecs)
	must(o.ServerRunOptions.ApplyTo(&sc.Config))
	must(ro.Etcd.ApplyTo(&sc.Config))
	must(ro.SecureServing.ApplyTo(&sc.Config.SecureServing, &sc.Config.LoopbackClientConfig))
	must(o.APIEnablement.ApplyTo(&sc.Config, apiserver.DefaultAPIResourceConfigSource(), apiserver.Scheme))
	sc.Authorization.Authorizer = authorizerfactory.NewAlwaysAllowAuthorizer()
	namer := openapinamer.NewDefinitionNamer(apiserver.Scheme, scheme.Scheme)
	defs := openapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generatedopenapi.GetOpenAPIDefinitions)
	sc.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(defs, namer)
	sc.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(defs, namer)
	sc.BuildHandlerChainFunc = func(h http.Handler, c *genericapiserver.Config) http.Handler {
		return wire(genericapiserver.DefaultBuildHandlerChain(h, c))
	}
	c := &apiserver.Config{GenericConfig: sc, ExtraConfig: apiserver.ExtraConfig{
		CRDRESTOptionsGetter: options.NewCRDRESTOptionsGetter(*ro.Etcd, sc.ResourceTransformers, sc.StorageObjectCountTracker),
		ServiceResolver:      noServices{},
		AuthResolverWrapper:  webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, sc.LoopbackClientConfig, noopoteltrace.NewTracerProvider()),
	}}
	s, err := c.Complete().New(genericapiserver.NewEmptyDelegate())
	must(err)
	must(s.GenericAPIServer.AddPostStartHook("load-crds", func(hc genericapiserver.PostStartHookContext) error {
		post := func(b []byte, ct string) {
			for i := 0; i < 50; i++ {
				rec := &recorder{h: http.Header{}}
				q, _ := http.NewRequestWithContext(hc, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", bytes.NewReader(b))
				q.RequestURI = q.URL.RequestURI()
				q.Header.Set("Content-Type", ct)
				s.GenericAPIServer.Handler.FullHandlerChain.ServeHTTP(rec, q)
				if bytes.Contains(rec.b.Bytes(), []byte(`"CustomResourceDefinition"`)) || bytes.Contains(rec.b.Bytes(), []byte("AlreadyExists")) {
					return
				}
				time.Sleep(50 * time.Millisecond)
				if i == 49 {
					klog.Errorf("crd: %s", rec.b.String())
				}
			}
		}
		for _, b := range builtins {
			post(crd(b), "application/json")
		}
		for _, f := range *crds {
			b, err := os.ReadFile(f)
			must(err)
			post(b, "application/yaml")
		}
		for i := 0; i < 200; i++ { // not ready before every CRD is served
			rec := &recorder{h: http.Header{}}
			q, _ := http.NewRequestWithContext(hc, "GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", nil)
			q.RequestURI = q.URL.RequestURI()
			s.GenericAPIServer.Handler.FullHandlerChain.ServeHTTP(rec, q)
			if n := bytes.Count(rec.b.Bytes(), []byte(`"type":"Established"`)); n == len(builtins)+len(*crds) {
				time.Sleep(300 * time.Millisecond)
				return nil
			}
			time.Sleep(50 * time.Millisecond)
		}
		return fmt.Errorf("CRDs not established")
	}))
	must(s.GenericAPIServer.PrepareRun().RunWithContext(ctx))
}

func must(err error) {
	if err != nil {
		klog.Fatal(err)
	}
}
