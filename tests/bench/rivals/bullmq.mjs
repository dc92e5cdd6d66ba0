// BullMQ with a job that does nothing; see starts.py for the arguments and the file of starts.
import { openSync, statSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.env.MLMON_BENCH_MODULES + '/');
const { Queue, Worker } = require('bullmq');
const url = new URL(process.env.MLMON_BENCH_URL);
const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
const starts = process.env.MLMON_BENCH_STARTS;
const descriptor = openSync(starts, 'a');
const [action, count] = process.argv.slice(2);
const now = () => (performance.timeOrigin + performance.now()) / 1000;

function noteStart() {
  const time = Buffer.alloc(8);
  time.writeDoubleLE(now());
  writeSync(descriptor, time);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

if (action === 'work') {
  new Worker('bench', async () => noteStart(), {
    connection,
    concurrency: 100,
    removeOnComplete: { count: 0 },
  });
} else {
  const queue = new Queue('bench', { connection });
  if (action === 'put') {
    for (let start = 0; start < count; start += 500) {
      const size = Math.min(500, count - start);
      await queue.addBulk(Array.from({ length: size }, () => ({ name: 'nothing', data: {} })));
    }
  } else {
    for (let number = 0; number < count; number++) {
      await sleep(20 + Math.random() * 40);
      const begun = now();
      await queue.add('nothing', {});
      while (statSync(starts).size < 8 * (number + 1)) await sleep(1);
      console.log(readFileSync(starts).readDoubleLE(8 * number) - begun);
    }
  }
  await queue.close();
}
