#!/usr/bin/env bash
# What is to be fetched, and the keys under which GitHub caches it.
set -euo pipefail

for name in MODEL DATASET PRECISION VERSION REPORT; do
  # A line break would begin another output.
  case ${!name} in
    *$'\n'* | *$'\r'*) echo "::error::The input ${name} has a line break." && exit 2 ;;
  esac
done
for name in MODEL DATASET REPORT; do
  [ -n "${!name}" ] || { echo "::error::The input ${name} is empty." && exit 2; }
done

kind() { if [ -e "$1" ]; then echo path; else echo named; fi; }
# Cache keys take no commas; the checksum keeps apart what would be written alike.
key() { printf '%s-%s' "$(printf %s "$1" | tr -c 'A-Za-z0-9._-' _ | cut -c 1-100)" "$(printf %s "$1" | cksum | cut -d ' ' -f 1)"; }

lock="$GITHUB_ACTION_PATH/../../../package-lock.json"
packages="$VERSION"
[ -n "$packages" ] || packages="own-$(cksum <"$lock" | cut -d ' ' -f 1)"

{
  echo "model=$(kind "$MODEL")"
  echo "dataset=$(kind "$DATASET")"
  # Of self-hosted runners, a folder that outlives the job.
  echo "cache=${LINGULU_CACHE:-$RUNNER_TEMP/lingulu-cache}"
  echo "packages=$RUNNER_TEMP/lingulu-npm"
  echo "packages-key=lingulu-npm-$PLATFORM-$(key "$packages")"
  echo "model-key=lingulu-model-$(key "$MODEL $PRECISION")"
  echo "dataset-key=lingulu-dataset-$(key "$DATASET")"
} >>"$GITHUB_OUTPUT"
