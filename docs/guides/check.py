"""Checks the YAML of the guides against published schemas.

In: the fences ```yaml validate=KIND of the guides beside this file, and the packages of requirements.txt. For `argo` and `flux`: folders with the projects' CustomResourceDefinitions, as arguments KIND=FOLDER; without
them these are only parsed. Out: one line a fence, exit code 1 when one is wrong.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import kubernetes_validate
import yaml

FENCE = re.compile(r"^```yaml validate=(\w+)\n(.*?)^```$", re.M | re.S)
BUILTIN = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}


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
            elif kind in crds:
                schema = crds[kind][document["apiVersion"], document["kind"]]
                schema["properties"]["metadata"] = {"type": "object"}
                jsonschema.validate(document, schema)
        except (kubernetes_validate.ValidationError, jsonschema.ValidationError) as e:
            return f"{e.message} (at {'.'.join(map(str, e.absolute_path))})"
    return ""


def main(arguments):
    crds = {kind: definitions(folder) for kind, folder in (a.split("=", 1) for a in arguments)}
    wrong = count = 0
    for guide in sorted(pathlib.Path(__file__).parent.glob("*.md")):
        for match in FENCE.finditer(guide.read_text()):
            line = guide.read_text()[: match.start()].count("\n") + 1
            kind = match[1]
            said = check(kind, match[2], crds)
            state = "wrong:\n" + said if said else "parsed" if kind in ("argo", "flux") and kind not in crds else "ok"
            print(f"{guide.name}:{line}: {kind}: {state}")
            wrong += bool(said)
            count += 1
    return 1 if wrong or not count else 0


sys.exit(main(sys.argv[1:]))
