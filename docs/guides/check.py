"""Checks the YAML of the guides, and what this repository offers to pipelines, against published schemas, and what else in them other programs read.

In: .github/workflows, action.yml, templates; the fences ```yaml validate=KIND of the guides beside this file, with the Lua of Argo CD's health checks in them, which is run; the fences ```openmetrics, which are parsed; and the packages of requirements.txt. For `argo` and `flux`: folders with the projects' CustomResourceDefinitions, as arguments KIND=FOLDER; a
resource that none of them defines is only parsed, and so named. Out: one line a fence, exit code 1 when one is wrong.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import kubernetes_validate
import lupa
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

METRICS = re.compile(r"^```openmetrics\n(.*?)^```$", re.M | re.S)
# What Argo CD calls a CronJob or Job in these states, by https://argo-cd.readthedocs.io/en/stable/operator-manual/health/.
EARLY, LATE = "2026-11-29T20:17:00Z", "2026-11-29T21:17:00Z"
HEALTH = {
    "batch_CronJob": [
        ({"spec": {}}, "Healthy"),
        ({"spec": {"suspend": True}}, "Suspended"),
        ({"spec": {}, "status": {"lastScheduleTime": LATE, "active": [{"name": "a"}]}}, "Healthy"),
        ({"spec": {}, "status": {"lastScheduleTime": EARLY, "lastSuccessfulTime": LATE}}, "Healthy"),
        ({"spec": {}, "status": {"lastScheduleTime": LATE, "lastSuccessfulTime": EARLY}}, "Degraded"),
        ({"spec": {}, "status": {"lastScheduleTime": LATE}}, "Degraded"),
    ],
    "batch_Job": [
        ({}, "Progressing"),
        ({"status": {"conditions": [{"type": "Complete", "status": "True"}]}}, "Healthy"),
        ({"status": {"conditions": [{"type": "Complete", "status": "False"}]}}, "Progressing"),
        ({"status": {"conditions": [{"type": "Suspended", "status": "True"}]}}, "Suspended"),
        ({"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}}, "Degraded"),
        ({"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "PodFailurePolicy", "message": "m"}]}}, "Degraded"),
    ],
}
FENCE = re.compile(r"^```yaml validate=(\w+)\n(.*?)^```$", re.M | re.S)
BUILTIN = {"github": "vendor.github-workflows", "action": "vendor.github-actions", "gitlab": "vendor.gitlab-ci"}
ROOT = pathlib.Path(__file__).parents[2]


def definitions(folder):
    """The schemas of a folder of CustomResourceDefinitions, by apiVersion and kind."""
    found = {}
    for file in pathlib.Path(folder).glob("*.yaml"):
        for crd in yaml.safe_load_all(file.read_text()):
            if crd and crd.get("kind") == "CustomResourceDefinition":
                spec = crd["spec"]
                for version in spec["versions"]:
                    schema = version["schema"]["openAPIV3Schema"]
                    found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = closed(schema)
    return found


def closed(schema):
    """The schema with unknown fields refused, as an API server prunes them."""
    if isinstance(schema, dict):
        schema = {k: closed(v) for k, v in schema.items()}
        if isinstance(schema.get("properties"), dict) and schema["properties"] and not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
    elif isinstance(schema, list):
        schema = [closed(v) for v in schema]
    return schema


def health(data):
    """What is wrong with the health checks of a ConfigMap of Argo CD."""
    for key, lua in data.items():
        if not key.startswith("resource.customizations.health."):
            continue
        states = HEALTH[key.removeprefix("resource.customizations.health.")]
        for given, wanted in states:
            machine = lupa.LuaRuntime(unpack_returned_tuples=True)
            said = machine.eval("function(obj) " + lua + " end")(machine.table_from(given, recursive=True))
            if said["status"] != wanted or not isinstance(said["message"], str):
                return f"{key} says {dict(said)} of {given}; {wanted} is right"
    return ""


def metrics(text):
    """What a parser of OpenMetrics says of a text, and whether there is anything in it."""
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as e:
        return str(e)
    return "" if len(families) > 3 and all(f.type == "gauge" for f in families) else "too few gauges"


def check(kind, text, crds):
    if kind in BUILTIN:
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(text)
            file.flush()
            run = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", BUILTIN[kind], file.name], capture_output=True, text=True)
        return "" if run.returncode == 0 else run.stdout + run.stderr
    for document in yaml.safe_load_all(text):
        try:
            if kind == "kubernetes":
                kubernetes_validate.validate(document, "1.33", strict=True)
                if said := health(document.get("data") or {}):
                    return said
            elif schema := crds.get(kind, {}).get((document["apiVersion"], document["kind"])):
                schema["properties"]["metadata"] = {"type": "object"}
                jsonschema.validate(document, schema)
        except (kubernetes_validate.ValidationError, jsonschema.ValidationError) as e:
            return f"{e.message} (at {'.'.join(map(str, e.absolute_path))})"
    return ""


def main(arguments):
    pieces = []
    for guide in sorted(pathlib.Path(__file__).parent.glob("*.md")):
        text = guide.read_text()
        pieces += [(f"{guide.name}:{text[: m.start()].count(chr(10)) + 1}", m[1], m[2]) for m in FENCE.finditer(text)]
    for kind, pattern in (("github", ".github/workflows/*.yml"), ("action", "action.yml"), ("gitlab", "templates/*.yml")):
        for file in sorted(ROOT.glob(pattern)):
            # Of a component the head and the jobs, which GitLab reads one after the other.
            pieces += [(file.name, kind, text) for text in file.read_text().split("\n---\n")]
    crds = {kind: definitions(folder) for kind, folder in (a.split("=", 1) for a in arguments)}
    wrong = count = 0
    for where, kind, text in pieces:
        said = check(kind, text, crds)
        state = "wrong:\n" + said if said else "ok"
        if kind in ("argo", "flux"):
            named = [(d["apiVersion"], d["kind"]) for d in yaml.safe_load_all(text)]
            if undefined := [name for version, name in named if (version, name) not in crds.get(kind, {})]:
                state += f", but {' and '.join(undefined)} only parsed"
        print(f"{where}: {kind}: {state}")
        wrong += bool(said)
        count += 1
    for guide in sorted(pathlib.Path(__file__).parent.glob("*.md")):
        for match in METRICS.finditer(guide.read_text()):
            said = metrics(match[1])
            print(f"{guide.name}: openmetrics: {said or 'ok'}")
            wrong += bool(said)
    return 1 if wrong or not count else 0


sys.exit(main(sys.argv[1:]))
