#!/bin/sh
# In an image: run its package's program.
set -eu
case $MLMON_PACKAGE in
worker-agent) exec mlmon-agent "$@" ;;
mlmon) exec mlmon "$@" ;;
*) exec "mlmon-$MLMON_PACKAGE" "$@" ;;
esac
