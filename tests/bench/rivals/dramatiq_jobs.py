"""Dramatiq: two processes with its default of eight threads each."""

import sys

import dramatiq
from dramatiq import cli
from dramatiq.brokers.redis import RedisBroker
from starts import URL, arguments, note_start

broker = RedisBroker(url=URL)
dramatiq.set_broker(broker)
actor = dramatiq.actor(note_start)

if __name__ == "__main__":
    action, count = arguments()
    if action == "work":
        words = ["dramatiq_jobs:broker", "--processes", "2"]
        sys.exit(cli.main(cli.make_argument_parser().parse_args(words)))
    for _ in range(count):
        actor.send()
