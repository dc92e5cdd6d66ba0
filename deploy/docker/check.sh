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
# A socket alone, without the environment's packages: each check starts Python anew.
exec python -I -S - "$port" <<'PYTHON'
import socket
import sys

try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=4) as connection:
        connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = connection.makefile("rb").read(4000).decode(errors="replace")
except OSError as error:
    sys.exit(f"nothing answers: {error}")
head, _, body = answer.partition("\r\n\r\n")
status = head.partition("\r\n")[0]
print(status, body)
sys.exit(status.split(" ")[1:2] != ["200"])
PYTHON
