#!/usr/bin/env bash
# Puts `lingulu` on the PATH of the steps that follow.
set -euo pipefail

own=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
prefix="$RUNNER_TEMP/lingulu"
wanted="${VERSION:-$own}"
if [ -f "$prefix/installed" ] && [ "$(cat "$prefix/installed")" = "$wanted" ]; then exit 0; fi
mkdir -p "$prefix"

case $VERSION in
  '')
    (cd "$own" && npm ci)
    bin="$prefix/bin"
    mkdir -p "$bin"
    printf '#!/usr/bin/env bash\nexec node %q "$@"\n' "$own/bin/run.js" >"$bin/lingulu"
    chmod +x "$bin/lingulu"
    ;;
  *)
    package="$VERSION"
    # A version, a range or a tag; anything else is a place.
    case $VERSION in *[/:]*) ;; *) package="lingulu@$VERSION" ;; esac
    npm install --prefix "$prefix" --no-save -- "$package"
    bin="$prefix/node_modules/.bin"
    ;;
esac
printf %s "$wanted" >"$prefix/installed"
echo "$bin" >>"$GITHUB_PATH"
