"""RQ: without its fork for each job, which makes it faster than it is by default."""

from redis import Redis
from rq import Queue, SimpleWorker
from starts import URL, arguments, note_start

_CHUNK = 500

if __name__ == "__main__":
    action, count = arguments()
    connection = Redis.from_url(URL)
    queue = Queue(connection=connection)
    if action == "work":
        SimpleWorker([queue], connection=connection).work(logging_level="ERROR")
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        queue.enqueue_many([Queue.prepare_data(note_start) for _ in range(size)])
