#!/bin/sh
# Secrets come as files: NAME_FILE=/run/secrets/x becomes NAME=<what is in it>. Then the process itself takes over.
set -eu
for name in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)_FILE=.*/\1/p'); do
    eval "file=\$${name}_FILE"
    value=$(cat "$file")
    export "$name=$value"
    unset "${name}_FILE"
done
exec python -m "$@"
