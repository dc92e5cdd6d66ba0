"""Celery: its default pool of processes, without results."""

from celery import Celery
from starts import URL, arguments, note_start, ping

app = Celery("celery_jobs", broker=URL)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
task = app.task(name="nothing")(note_start)

if __name__ == "__main__":
    action, count = arguments()
    if action == "work":
        app.worker_main(["worker", "--loglevel=ERROR", "--without-gossip", "--without-mingle"])
    elif action == "put":
        for _ in range(count):
            task.delay()
    else:
        ping(task.delay, count)
