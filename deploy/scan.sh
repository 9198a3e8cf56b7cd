#!/bin/sh
# Refuses what must never be committed: keys, passwords in addresses, registry hosts in lock files, work left open.
set -u
cd "$(dirname "$0")/.."
bad=0

report() { # $1 what it means, $2 the places; in this very shell: what stands behind a pipe cannot set `bad`
    [ -z "$2" ] || { printf '%s\n%s\n\n' "$1" "$2" >&2; bad=1; }
}

report 'A private key or access key:' \
    "$(git grep -nIE -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' -e 'AKIA[0-9A-Z]{16}' -e '"d": *"[A-Za-z0-9_-]{43}"' -- . ':!deploy/scan.sh')"
report 'An API token:' \
    "$(git grep -nIE -e '\bcredit_[A-Za-z0-9_-]{43}\b' -e '\bgh[pousr]_[A-Za-z0-9]{36}' -e '\bglpat-[A-Za-z0-9_-]{20}' -- .)"
report 'An address with a password in it:' \
    "$(git grep -nIE '(postgres(ql)?|amqps?)://[^:/@ "{}$]+:[^@/ "{}$]{6,}@' -- '*.py' '*.sh' '*.yml' '*.yaml' '*.toml' '*.example' Makefile |
        grep -vE '(credit:credit|user:password|guest:guest|nobody:nothing|[a-z]+:not-a-secret)@')"
report 'A lock file that names a host:' "$(git grep -nIE 'https?://' -- '*.lock' '*.npmrc')"
# npm's lock also keeps where to give money; what it is fetched from stands in "resolved".
report 'A lock file that names a host:' "$(git grep -nIE '"resolved": *"[a-z+]+:' -- '*package-lock.json')"
report 'A registry in a requirements file:' \
    "$(git grep -nIE '(--index-url|--extra-index-url|--find-links)' -- '*.lock' '*.toml' '*.txt')"
report 'Work left open:' \
    "$(git grep -nIE '\b(TODO|FIXME|XXX)\b' -- services shared deploy tests ':!deploy/scan.sh' ':!services/gateway/web/dist')"
report 'A file that belongs to one machine:' "$(git ls-files | grep -E '(^|/)(var/|\.env$|admin-password)')"
exit $bad
