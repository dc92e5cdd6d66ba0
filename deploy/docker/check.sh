#!/bin/sh
# In an image: say whether its service is well. A service is when everything that it depends on
# answers, which `/readyz` names; an agent, when it was heard by the scheduler.
set -eu
case $MLMON_PACKAGE in
config-api) port=${MLMON_CONFIG_API_PORT:-8081} ;;
report-writer) port=${MLMON_REPORT_WRITER_PORT:-8082} ;;
scheduler) port=${MLMON_SCHEDULER_PORT:-8083} ;;
worker-agent) exec mlmon-agent check ;;
*) exit 0 ;;
esac
exec python - "$port" <<'PYTHON'
import http.client
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=4)
try:
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    print(answer.status, answer.read(2000).decode(errors="replace"))
except OSError as error:
    sys.exit(f"nothing answers: {error}")
sys.exit(answer.status != 200)
PYTHON
