#!/usr/bin/env bash
# Runs `lingulu evaluate` with the inputs, and ends with its exit code.
set -uo pipefail
: "${MODEL?}" "${DATASET?}" "${PRECISION?}" "${SUBSET?}" "${MAX_WER?}" "${BASELINE?}" "${MAX_REGRESSION?}" "${ARGS?}" "${REPORT?}"

report="$REPORT/evaluation"
junit="$REPORT/junit.xml"
# With `=`, so that a value which looks like a flag is refused as a value, and taken for no flag.
args=(--model="$MODEL" --report="$report.md" --html="$report.html" --junit="$junit" --github)
[ -z "$PRECISION" ] || args+=(--precision="$PRECISION")
[ -z "$SUBSET" ] || args+=(--subset="$SUBSET")
[ -z "$MAX_WER" ] || args+=(--max-wer="$MAX_WER")
[ -z "$BASELINE" ] || args+=(--baseline="$BASELINE")
[ -z "$MAX_REGRESSION" ] || args+=(--max-regression="$MAX_REGRESSION")
while IFS=$' \t' read -r line; do
  line=${line%$'\r'}
  [ -z "$line" ] || args+=("$line")
done <<<"$ARGS"

exit_code=0
lingulu evaluate "${args[@]}" -- "$DATASET" || exit_code=$?

echo "exit-code=$exit_code" >>"$GITHUB_OUTPUT"
# With another code there is no report, or only that of an earlier run; 3 may also mean a data set that is not there.
case $exit_code in
  0 | 3 | 4)
    [ -f "$report.json" ] && {
      # shellcheck disable=SC2016 # It is JavaScript.
      FILE="$report.json" node -e '
        const {wer, cer, gates} = JSON.parse(require("fs").readFileSync(process.env.FILE, "utf8"))
        console.log(`wer=${wer ?? ""}\ncer=${cer ?? ""}\npassed=${gates.every(({passed}) => passed)}`)
      ' && printf 'report=%s\njson=%s\njunit=%s\n' "$report.md" "$report.json" "$junit"
    } >>"$GITHUB_OUTPUT"
    ;;
esac
exit "$exit_code"
