#!/usr/bin/env bash
# What action.yml does. In: its inputs as INPUT_*, the variables of a GitHub runner, connection strings and secrets as mongocd takes
# them. Out: what mongocd says, in the job's summary and a comment; outputs; mongocd's exit code. No input is ever run as code.
set -euo pipefail

# A message for the runner, in which nothing is a command of its own.
say() {
  local text=${2//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '::%s title=mongocd::%s\n' "$1" "${text//$'\n'/%0A}"
}
refuse() {
  say error "$1"
  exit 64
}
output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

# hold NAME PATTERN MESSAGE: an input is as it has to be.
hold() {
  local value
  value=$(printenv "INPUT_$1") || value=
  [[ $value =~ ^($2)$ ]] || refuse "the input ${1,,} is \"$value\"; $3"
}
for name in COMMAND VERSION WORKSPACE ENVIRONMENT FROM BASE APPROVED WAIT REPORT HTML COMMENT; do
  hold "$name" '[^[:cntrl:]]*' "it must be one line"
  hold "$name" '[^-].*|' "it must not begin with -, as flags do"
done
hold COMMAND 'setup|diff|plan|apply' "it takes setup, diff, plan or apply"
hold VERSION '|v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?' "it takes a release, such as v1.2.3"
hold ENVIRONMENT '|[A-Za-z0-9_-]+' "it takes the name of an environment or of a group"
hold APPROVED '.*' ""
hold WAIT '([0-9]+(ms|s|m|h))+' "it takes a duration, such as 5m"
hold COMMENT 'true|false' "it takes true or false"
[ -d "$INPUT_WORKSPACE" ] || refuse "the input workspace is \"$INPUT_WORKSPACE\", which is no folder"

command -v mongocd >/dev/null || [ -n "$INPUT_VERSION" ] ||
  refuse 'there is no mongocd: give the input version, or run "go install github.com/hayone1/mongocd/cmd/mongocd@VERSION" in a step before this one'

# install puts a release into a folder of the runner: held to the checksums of the release, and these to the workflow that made them.
install() {
  local machine system ending=tar.gz folder work
  case $RUNNER_ARCH in X64) machine=amd64 ;; ARM64) machine=arm64 ;; *) refuse "no release is built for $RUNNER_ARCH" ;; esac
  case $RUNNER_OS in Linux) system=linux ;; macOS) system=darwin ;; Windows) system=windows ending=zip ;; *) refuse "no release is built for $RUNNER_OS" ;; esac
  local archive=mongocd_${INPUT_VERSION#v}_${system}_$machine.$ending
  folder=$RUNNER_TEMP/mongocd-$INPUT_VERSION
  work=$(mktemp -d "$RUNNER_TEMP/mongocd.XXXXXX")
  gh release download "$INPUT_VERSION" --repo hayone1/mongocd --dir "$work" --pattern "$archive" --pattern checksums.txt
  (cd "$work" && grep -F "  $archive" checksums.txt | sha256sum --check --strict --quiet -)
  gh attestation verify "$work/$archive" --repo hayone1/mongocd --signer-workflow hayone1/mongocd/.github/workflows/release.yml
  mkdir -p "$folder"
  if [ "$ending" = zip ]; then unzip -oq "$work/$archive" -d "$folder"; else tar -xzf "$work/$archive" -C "$folder"; fi
  rm -rf "$work"
  printf '%s\n' "$folder" >>"$GITHUB_PATH"
  PATH=$folder:$PATH
}

# comment writes a file as a comment on the pull request, anew where there is one of the same command, workspace and environment.
comment() {
  local found mark at=repos/$GITHUB_REPOSITORY/issues
  [ "$INPUT_COMMENT" = true ] && [[ ${PULL_REQUEST:-} =~ ^[0-9]+$ ]] || return 0
  mark="<!-- mongocd action $INPUT_COMMAND $(printf '%s\n' "$INPUT_WORKSPACE" "$INPUT_ENVIRONMENT" "$INPUT_FROM" | cksum | cut -d' ' -f1) -->"
  { printf '%s\n' "$mark" && cat "$1"; } >"$1.comment"
  if found=$(gh api "$at/$PULL_REQUEST/comments" --paginate --jq ".[] | select(.body | startswith(\"$mark\")) | .id") && {
    found=${found%%$'\n'*}
    if [[ $found =~ ^[0-9]+$ ]]; then
      gh api --method PATCH "$at/comments/$found" --field "body=@$1.comment" >/dev/null
    else
      gh api --method POST "$at/$PULL_REQUEST/comments" --field "body=@$1.comment" >/dev/null
    fi
  }; then return 0; fi
  say warning "the comment could not be written; the job's summary has the same (a job of a fork's pull request has no right to comment; others need pull-requests: write)"
}

if [ -n "$INPUT_VERSION" ]; then install; fi
if [ "$INPUT_COMMAND" = setup ]; then
  mongocd version
  output exit-code 0
  exit 0
fi

summary=$(mktemp "$RUNNER_TEMP/mongocd.XXXXXX")
trap 'rm -f "$summary" "$summary.comment"' EXIT
report=${INPUT_REPORT:-mongocd-$INPUT_COMMAND.json}
arguments=("$INPUT_COMMAND" --workspace "$INPUT_WORKSPACE" --output markdown)
if [ -n "$INPUT_ENVIRONMENT" ]; then arguments+=(--env "$INPUT_ENVIRONMENT"); fi
case $INPUT_COMMAND in
diff)
  base=${INPUT_BASE:-${GITHUB_BASE_REF:+origin/$GITHUB_BASE_REF}}
  [ -n "$base" ] || refuse "this is no pull request: give the input base, a revision to compare with"
  [ -z "$INPUT_FROM" ] || refuse "the input from goes with plan and apply"
  arguments+=("--from=$base" --max-size 65000)
  ;;
*)
  if [ -n "$INPUT_FROM" ]; then arguments+=(--from "$INPUT_FROM"); fi
  arguments+=(--max-size 65000 --report "$report")
  ;;
esac
if [ "$INPUT_COMMAND" != apply ]; then
  if [ -n "$INPUT_HTML" ]; then arguments+=(--html "$INPUT_HTML"); fi
else
  [ -z "$INPUT_HTML" ] || refuse "the input html goes with diff and plan"
  case $INPUT_APPROVED in
  '') refuse "apply needs the input approved: the digest of the plan that was approved, the file with its report, or the word any" ;;
  any) ;;
  *) arguments+=(--approved "$INPUT_APPROVED") ;;
  esac
  arguments+=(--yes --wait "$INPUT_WAIT" --label "commit=$GITHUB_SHA" --label "actor=$GITHUB_ACTOR" --label "run=$GITHUB_RUN_ID")
fi

code=0
rm -f "$report" # one of an earlier step says nothing of this run
mongocd "${arguments[@]}" >"$summary" || code=$?
[ -s "$summary" ] || printf '<!-- mongocd %s -->\nmongocd %s ended with %s: see the log of this job\n' "$INPUT_COMMAND" "$INPUT_COMMAND" "$code" >"$summary"
cat "$summary" >>"$GITHUB_STEP_SUMMARY"
output exit-code "$code"
if [ "$INPUT_COMMAND" != diff ] && [ -f "$report" ]; then
  output report "$report"
  if [ "$INPUT_COMMAND" = plan ]; then
    output differences "$(jq -r '[.reports[].outcome] | all(. == "in-sync") | not' "$report")"
    output digest "$(jq -r 'if .reports | length == 1 then .reports[0].digest // "" else "" end' "$report")"
  fi
fi
if [ "$INPUT_COMMAND" != apply ]; then comment "$summary"; fi
exit "$code"
