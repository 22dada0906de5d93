"""Checks the rendered manifests, function.yaml, the compose file and the dashboard; deploy/check calls it."""

import argparse
import importlib.resources
import json
import pathlib
import re
import sys

import jsonschema
import kubernetes_validate
import yaml

# The oldest Kubernetes that the manifests are meant for, and the newest.
KUBERNETES = ["1.32", "1.37"]
CRDS = {
    ("serving.knative.dev/v1", "Service"): ("knative.dev/serving", "config/core/300-resources/service.yaml"),
    **{
        ("monitoring.coreos.com/v1", kind): (
            "github.com/prometheus-operator/prometheus-operator",
            f"example/prometheus-operator-crd/monitoring.coreos.com_{kind.lower()}s.yaml",
        )
        for kind in ("ServiceMonitor", "PrometheusRule")
    },
}
COMPOSE = ("github.com/compose-spec/compose-go/v2", "schema/compose-spec.json")
# Named by rules, but given by Prometheus and by kube-state-metrics.
METRICS_OF_OTHERS = {"up", "kube_pod_status_ready"}

problems = 0


def problem(where, text):
    global problems
    problems += 1
    print(f"FAIL  {where}: {text}")


def skip(text):
    print(f"\n*** SKIPPED: {text} ***\n")


def validated(where, schema, data):
    """Whether the data fits; the messages name the place of each misfit."""
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(data))
    for error in errors:
        problem(where, f"{error.json_path}: {error.message[:300]}")
    return not errors


def strict(schema):
    """The schema with no other fields than those that it names: a cluster would drop a misspelt one without a word."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict):
        made["additionalProperties"] = False
    return made


def crd_schema(file, version):
    crd = yaml.safe_load(file.read_text())
    schema = next(v for v in crd["spec"]["versions"] if v["name"] == version)["schema"]["openAPIV3Schema"]
    # A CRD leaves these to Kubernetes; of the metadata, these are the fields that people write.
    names = ("name", "namespace", "labels", "annotations")
    schema["properties"]["metadata"] = {"type": "object", "properties": {name: {} for name in names}}
    return strict(schema)


def cloud_run_schema():
    """Cloud Run's own description of a service, without what it lists only to say that it is not supported."""
    file = importlib.resources.files("googleapiclient") / "discovery_cache/documents/run.v1.json"
    schemas = json.loads(file.read_text())["schemas"]

    def convert(part):
        if "$ref" in part:
            return {"$ref": "#/$defs/" + part["$ref"]}
        made = {"type": part["type"]} if part["type"] != "any" else {}
        if "properties" in part:
            made["properties"] = {
                name: convert(field)
                for name, field in part["properties"].items()
                if not re.match(r"not supported (by|in) cloud run", field.get("description", ""), re.IGNORECASE)
            }
            made["additionalProperties"] = False
        elif "additionalProperties" in part:
            made["additionalProperties"] = convert(part["additionalProperties"])
        if "items" in part:
            made["items"] = convert(part["items"])
        return made

    annotations = schemas["RevisionTemplate"]["properties"]["metadata"]["description"]
    return {"$ref": "#/$defs/Service", "$defs": {name: convert(part) for name, part in schemas.items()}}, annotations


def check_function(file):
    service = yaml.safe_load(file.read_text())
    schema, annotations = cloud_run_schema()
    fits = validated(f"{file.name} for Cloud Run", schema, service)
    for name in service["spec"]["template"]["metadata"]["annotations"]:
        if f"`{name}`" not in annotations:
            fits = False
            problem(f"{file.name} for Cloud Run", f"the annotation {name} is not among those of a revision")
    if fits:
        print(f"ok    {file.name} for Cloud Run")


def pod_templates(resource):
    spec = resource.get("spec", {})
    if resource["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return [spec["template"]] if "template" in spec else []


def check_references(where, resources, secret_keys):
    """What no schema sees: selectors that select nothing, and keys that the secret does not have."""
    labels = []
    for resource in resources:
        for template in pod_templates(resource):
            found = dict(template["metadata"].get("labels", {}))
            if resource["apiVersion"].startswith("serving.knative.dev/"):
                found["serving.knative.dev/service"] = resource["metadata"]["name"]
            labels.append(found)
            for container in template["spec"]["containers"]:
                for variable in container.get("env", []):
                    key = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("key")
                    if key is not None and key not in secret_keys:
                        problem(where, f"{variable['name']}: secret.example.env has no {key}")
    for resource in resources:
        name = f"{resource['kind']} {resource['metadata']['name']}"
        spec = resource.get("spec", {})
        selector = spec.get("podSelector", spec.get("selector"))
        if resource["kind"] == "ServiceMonitor" or selector is None:
            continue
        wanted = selector if resource["apiVersion"] == "v1" else selector["matchLabels"]
        if not any(wanted.items() <= found.items() for found in labels):
            problem(where, f"{name} selects no pod: {wanted}")


def check_manifests(file, modules, secret_keys):
    resources = [resource for resource in yaml.safe_load_all(file.read_text()) if resource]
    before, count = problems, 0
    for resource in resources:
        where = f"{file.stem}: {resource['kind']} {resource['metadata']['name']}"
        crd = CRDS.get((resource["apiVersion"], resource["kind"]))
        if crd is None:
            for version in KUBERNETES:
                try:
                    kubernetes_validate.validate(resource, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    problem(f"{where} for Kubernetes {version}", f"{error.json_path}: {error.message[:300]}")
                except kubernetes_validate.SchemaNotFoundError as error:
                    problem(where, error.message)
        elif modules is None:
            skip(f"{where}: its schema could not be fetched")
            continue
        else:
            module, path = crd
            validated(where, crd_schema(modules[module] / path, resource["apiVersion"].split("/")[1]), resource)
        count += 1
    check_references(file.stem, resources, secret_keys)
    if problems == before:
        print(f"ok    {file.stem}: {count} resources")


def check_compose(file, modules):
    if modules is None:
        return skip(f"{file.name}: its schema could not be fetched")
    schema = json.loads((modules[COMPOSE[0]] / COMPOSE[1]).read_text())
    if validated(file.name, schema, yaml.safe_load(file.read_text())):
        print(f"ok    {file.name}")


def metric_names(expression):
    """The metrics of a PromQL expression: identifiers that are neither called, nor labels, nor words of the language."""
    bare = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    words = re.findall(r"(?<![\w$.])([a-zA-Z_:][\w:]*)\b(?!\s*\()", bare)
    return set(words) - {"and", "or", "unless", "bool", "offset"}


def check_expressions(monitoring, metrics):
    before = problems
    dashboard = json.loads((monitoring / "dashboard.json").read_text())
    panels = dashboard["panels"]
    ids = [panel["id"] for panel in panels]
    if len(ids) != len(set(ids)):
        problem("dashboard.json", f"panel ids are not unique: {ids}")
    expressions = []
    for panel in panels:
        if panel["type"] == "row":
            continue
        if not panel.get("targets"):
            problem("dashboard.json", f"{panel['title']} asks nothing")
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                problem("dashboard.json", f"{panel['title']} does not use the variable datasource")
            expressions.append((f"dashboard.json: {panel['title']}", target["expr"]))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]["query"])
            expressions.append((f"dashboard.json: ${variable['name']}", asked[1] if asked else ""))
    rules = yaml.safe_load((monitoring / "prometheusrule.yaml").read_text())
    for group in rules["spec"]["groups"]:
        expressions += [(f"prometheusrule.yaml: {rule['alert']}", rule["expr"]) for rule in group["rules"]]
    for where, expression in expressions:
        names = metric_names(expression)
        if not names:
            problem(where, "names no metric")
        if metrics is not None:
            for name in sorted(names - metrics - METRICS_OF_OTHERS):
                problem(where, f"Mooring has no metric {name}")
    if problems == before:
        print(f"ok    {len(expressions)} expressions of dashboard and alerts"
              + (f", against the {len(metrics)} metrics of a running Mooring" if metrics is not None else ""))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path, help="top of the repository")
    parser.add_argument("--rendered", type=pathlib.Path, help="folder with what kustomize made")
    parser.add_argument("--modules", type=pathlib.Path, help="what go mod download -json said")
    parser.add_argument("--metrics", type=pathlib.Path, help="what /q/metrics of a running Mooring said")
    options = parser.parse_args()
    deploy = options.root / "deploy"

    modules = None
    if options.modules:
        decoder, text, modules = json.JSONDecoder(), options.modules.read_text().strip(), {}
        while text:
            module, end = decoder.raw_decode(text)
            modules[module["Path"]] = pathlib.Path(module["Dir"])
            text = text[end:].strip()
    metrics = None
    if options.metrics:
        metrics = set(re.findall(r"^([a-zA-Z_:][\w:]*)", options.metrics.read_text(), re.MULTILINE))
    secret = (deploy / "kustomize/secret.example.env").read_text()
    secret_keys = set(re.findall(r"^(\w+)=", secret, re.MULTILINE))

    for file in sorted(options.rendered.glob("*.yaml")) if options.rendered else []:
        check_manifests(file, modules, secret_keys)
    check_function(options.root / "function.yaml")
    check_compose(deploy / "compose/compose.yaml", modules)
    check_expressions(deploy / "monitoring", metrics)
    sys.exit(1 if problems else 0)


main()
