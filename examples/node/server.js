'use strict';
// A server, workers that count primes, and a client that asks it: over HTTP,
// inside the sandbox.
const http = require('node:http');
const fs = require('node:fs/promises');
const { Worker, isMainThread, parentPort, workerData } =
    require('node:worker_threads');

const kWorkers = 4;

function CountPrimes(from, to) {
  let count = 0;
  for (let n = Math.max(from, 2); n < to; ++n) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; ++d) prime = n % d !== 0;
    if (prime) ++count;
  }
  return count;
}

function InWorker(from, to) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { from, to } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function Main() {
  const server = http.createServer(async (request, response) => {
    const limit = Number(new URL(request.url, 'http://localhost')
        .searchParams.get('limit'));
    const part = limit / kWorkers;
    const counts = await Promise.all(
        Array.from({ length: kWorkers },
                   (_, i) => InWorker(i * part, (i + 1) * part)));
    response.end(JSON.stringify({ primes: counts.reduce((a, b) => a + b) }));
  });
  await new Promise((resolve) => server.listen(3000, '127.0.0.1', resolve));
  const answer = await fetch('http://127.0.0.1:3000/?limit=20000');
  await fs.writeFile('/work/out/primes.json', await answer.text());
  console.log('primes:', JSON.parse(
      await fs.readFile('/work/out/primes.json', 'utf8')).primes);
  server.close();
}

if (isMainThread) {
  Main();
} else {
  parentPort.postMessage(CountPrimes(workerData.from, workerData.to));
}
