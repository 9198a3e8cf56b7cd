#!/bin/sh
# Refuses what must never be committed: keys, passwords in addresses, registry hosts in lock files, work left open.
set -u
cd "$(dirname "$0")/.."
bad=0

report() { # $1 what it means, stdin: the places
    found=$(cat)
    [ -z "$found" ] || { printf '%s\n%s\n\n' "$1" "$found" >&2; bad=1; }
}

git grep -nIE -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' -e 'AKIA[0-9A-Z]{16}' -- . ':!deploy/scan.sh' | report 'A private key or access key:'
git grep -nIE '(postgres(ql)?|amqps?)://[^:/@ "{}$]+:[^@/ "{}$]{6,}@' -- '*.py' '*.sh' '*.yml' '*.yaml' '*.toml' '*.example' Makefile |
    grep -vE '(credit:credit|user:password|guest:guest|nobody:nothing|[a-z]+:not-a-secret)@' | report 'An address with a password in it:'
git grep -nIE 'https?://' -- '*.lock' '*.npmrc' | report 'A lock file that names a host:'
# npm's lock also keeps where to give money; what it is fetched from stands in "resolved".
git grep -nIE '"resolved": *"[a-z+]+:' -- '*package-lock.json' | report 'A lock file that names a host:'
git grep -nIE '(--index-url|--extra-index-url|--find-links)' -- '*.lock' '*.toml' '*.txt' | report 'A registry in a requirements file:'
git grep -nIE '\b(TODO|FIXME|XXX)\b' -- services shared deploy tests ':!deploy/scan.sh' ':!services/gateway/web/dist' | report 'Work left open:'
git ls-files | grep -E '(^|/)(var/|\.env$|admin-password)' | report 'A file that belongs to one machine:'
exit $bad
