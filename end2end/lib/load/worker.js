// The load generator's process: starts the clients, says when all kinds were answered, and
// gives its summary when told to stop or when its time is up.

import { setTimeout as sleep } from 'node:timers/promises'
import * as kinds from './clients.js'
import { Record } from './record.js'

const { clients, maxSeconds, ...target } = JSON.parse(process.argv[2])
const record = new Record()
const stopping = new AbortController()

process.on('message', () => stopping.abort())
process.on('disconnect', () => process.exit(1)) // The test died: so do we.

const loops = Object.entries(clients).flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, number) => kinds[kind](target, record, stopping.signal, `${kind} ${number}`)),
)

const wanted = Object.keys(clients).filter((kind) => clients[kind] > 0)
const isWarm = () => record.failed > 0 || wanted.every((kind) => record.answered[kind])

async function untilTold() {
  for (let warm = false; !stopping.signal.aborted; ) {
    if (!warm && isWarm()) process.send({ warm: (warm = true) })
    if (Date.now() - record.started > maxSeconds * 1000) stopping.abort()
    await sleep(20)
  }
}

await untilTold()
await Promise.race([Promise.all(loops), sleep(20_000)])
process.send({ summary: record.summary() }, () => process.exit(0))
