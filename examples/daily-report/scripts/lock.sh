#!/bin/sh
# Compile the pinned requirements for the Lambda platform (x86_64, Python 3.11), wheels only.
# Usage: scripts/lock.sh [--upgrade]     needs uv on PATH
set -eu
cd "$(dirname "$0")/.."
for name in requirements fund_data_sync/requirements tests/requirements buildspecs/requirements; do
    uv pip compile "$name.in" -o "$name.txt" --python-version 3.11 --python-platform x86_64-manylinux2014 \
        --only-binary :all: --no-header --annotation-style line --quiet "$@"
done
