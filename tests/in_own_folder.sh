#!/bin/sh
# Runs a command with a temporary folder of its own. When it ends or is interrupted, the folder and
# what the command has started are gone: `sh tests/in_own_folder.sh .venv/bin/pytest`.
TMPDIR=$(mktemp -d) || exit
export TMPDIR
trap 'kill "$pid"; wait "$pid"; rm -rf "$TMPDIR"; exit 130' INT TERM
"$@" &
pid=$!
wait "$pid"
code=$?
rm -rf "$TMPDIR"
exit "$code"
