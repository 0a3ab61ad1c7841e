#!/usr/bin/env bash
# For any other CI: Node 20.19 or newer is all it needs. Usage: evaluate.sh [update]
# `update` makes the baseline, or replaces it if no gate fails.
set -euo pipefail

model=${MODEL:-whisper-tiny.en}
dataset=${DATASET:-librispeech-test-clean}
baseline=${BASELINE:-baseline.json}
# Keep this folder between runs: models and data sets are in it.
export LINGULU_CACHE="${LINGULU_CACHE:-$PWD/.cache/lingulu}"

command -v lingulu >/dev/null || npm install --global "${LINGULU:-lingulu@0.1.0}"
# A manifest or a folder is there already; a name of the catalogue is fetched once.
[ -e "$dataset" ] || lingulu datasets pull "$dataset"

gates=(--max-wer 8% --max-empty 1% --min-samples 200)
if [ "${1:-}" = update ]; then
  gates+=(--baseline "$baseline" --max-regression 0.5 --update-baseline)
elif [ -e "$baseline" ]; then
  gates+=(--baseline "$baseline" --max-regression 0.5)
fi

lingulu evaluate "$dataset" --model "$model" --subset 200 "${gates[@]}" \
  --report wer/evaluation.md --html wer/evaluation.html --junit wer/junit.xml
