#!/usr/bin/env bash
# Rehearses what a new user does, with what git would hold: install a clone, run it, install it for production, pack it,
# install the package elsewhere. Only the npm registry is asked. With a model folder as argument, it transcribes too.
set -euo pipefail
cd "$(dirname "$0")/../.."
model=${1:+$(realpath "$1")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/clone" "$work/project"
git ls-files -co --exclude-standard -z | tar c --null -T - | tar x -C "$work/clone"
export LINGULU_CACHE=$work/cache HF_HOME=$work/hf

step() { printf '\n== %s\n' "$*"; }
ends_with() { # exit code, command
  local code=0
  "${@:2}" || code=$?
  [ "$code" -eq "$1" ] || { echo "ended with $code, not $1: ${*:2}" >&2; exit 1; }
}

cd "$work/clone"
step 'npm ci --omit=dev: installs, and says what is missing'
npm ci --omit=dev
step 'npm ci'
npm ci
step 'npx finds this clone, fetching nothing'
npm_config_offline=true npx lingulu --version
if [ ! -d models/lingulu-en ]; then
  step 'without a model: exit code 5 and what to do'
  ends_with 5 npx lingulu transcribe datasets/samples
fi
[ ! -d models/lingulu-en ] || npx lingulu transcribe datasets/samples --offline
[ -z "$model" ] || npx lingulu transcribe datasets/samples --model "$model"

step 'npm pack'
npm pack --silent --pack-destination "$work/project"
cd "$work/project"
tar tzf lingulu-*.tgz | cut -d/ -f2 | sort | uniq -c
if tar tzf lingulu-*.tgz | grep -E '^package/(test|src|reports|\.)'; then
  echo 'what users do not need is in the package' >&2
  exit 1
fi
step 'the package in a project of its own'
echo '{"type": "module", "private": true}' >package.json
ONNXRUNTIME_NODE_INSTALL=skip npm install ./lingulu-*.tgz
npx lingulu --version
node -e "import('lingulu').then(({transcribe}) => console.log(typeof transcribe))"
[ -z "$model" ] || npx lingulu transcribe node_modules/lingulu/datasets/samples --model "$model" --quiet
step 'all is well'
