// kill -9 of the control plane at each stage of an update of a confidential machine. Its app is under load at the address
// whose TLS ends inside, which nothing but the data plane and the machine is needed for.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { survived } from './faults/matrix.js'
import { killAndServe } from './faults/world.js'
import { image, served } from './lib/client.js'
import { buildImage, engineVersion, removeImage } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { BOOT, noMachines, World } from './lib/tee.js'

const HOST = 'web.localhost'
const CONFIG = { health: { path: '/health', timeout_s: 120, probe_timeout_ms: 10_000 }, drain_s: 4, resources: { memory_mib: 64 }, secrets: ['HELLO_MESSAGE'] }
/** Of the stages, those of `make test` too. */
const ALWAYS = ['evidence is asked for', 'traffic switches']
const SECRET = 'brought again after every crash'
const tag = (version) => `sealdock-e2e-tee-faults:${version}-${process.pid}`
const skip = (await engineVersion()) ? await noMachines() : 'no Docker Engine answers'

describe('kill -9 of serve in an update of a confidential machine', { skip, concurrency: 1 }, () => {
  let world, client, environment
  let [serving, next] = ['v1', 'v2']
  let active

  before(async () => {
    for (const version of ['v1', 'v2']) await buildImage(tag(version), { version, env: { HELLO_QUIET: '1' } })
    world = await World.start()
    client = world.client
    await client.post('/v2/secrets', { name: 'HELLO_MESSAGE', value: SECRET })
    const { summary } = await client.post('/v2/projects', { name: 'web', source: image(tag('v1')), config: CONFIG, runtime: 'tee' })
    await client.until(summary.id, 'live', BOOT)
    environment = summary.environment
    active = summary.id
  })
  after(async () => {
    await world?.destroy()
    for (const version of ['v1', 'v2']) await removeImage(tag(version))
  })

  const list = (...at) => readdir(join(world.folder, ...at)).catch(() => [])
  const mine = async (id) => (await list('machines')).find((name) => name.startsWith(id))
  const file = async (id, name) => {
    const folder = await mine(id)
    return folder ? readFile(join(world.folder, 'machines', folder, name), 'utf8').catch(() => '') : ''
  }
  const has = async (id, name) => (await list('machines', (await mine(id)) ?? '-')).includes(name)
  const phase = async (id) => (await client.deployment(id)).summary.phase

  /** When each stage has begun. */
  const stages = {
    'root disk is made': async () => (await list('images')).some((name) => name.startsWith('.tmp')),
    'machine is written': async (id) => (await list('machines')).some((name) => name.includes(id)),
    'machine boots': async (id) => has(id, 'started.json'),
    'evidence is asked for': async (id) => (await file(id, 'console')).includes('serves evidence'),
    'secrets are given': async (id) => (await world.card(id)).history.length > 0,
    'traffic switches': async (id) => has(id, 'admitted.json'),
    'old version drains': async (id, old) => (await phase(old)) === 'draining',
  }

  for (const [stage, begun] of Object.entries(stages)) {
    const later = process.env.SEALDOCK_MATRIX || ALWAYS.includes(stage) ? false : 'boots two machines: `make faults` does it'
    it(`Q-20 I-17 while the ${stage}: it converges, nothing is left over, nobody notices`, { skip: later }, async (t) => {
      const old = active
      const load = await startLoad({
        port: world.tlsPort, host: HOST, tls: true, pauseMs: 50, maxSeconds: 500,
        clients: { keepAlive: 0, fresh: 2, post: 1, sse: 0, websocket: 0 },
      })
      const { summary } = await client.update(environment, { source: image(tag(next)) })
      await eventually(`the ${stage}`, () => begun(summary.id, old), { ...BOOT, everyMs: 2 })
      const was = await phase(summary.id)
      const given = await has(summary.id, 'secrets-given')
      await killAndServe(world.sealdock)
      const began = performance.now()
      await client.until(summary.id, 'live', BOOT)
      await client.until(old, 'stopped', BOOT)
      const tookMs = performance.now() - began
      active = summary.id
      await nothingElse(summary.id)
      await served(world.sealdock, HOST, next)
      assert.equal((await world.inside(HOST, '/env?name=HELLO_MESSAGE')).body, SECRET)
      await sleep(500)
      const { failures, answered, sequences } = await load.stop()
      assert.deepEqual(failures, [])
      assert.deepEqual(Object.keys(sequences), [`${serving} > ${next}`])
      const total = Object.values(answered).reduce((sum, count) => sum + count, 0)
      survived(t, `serve killed while the ${stage} (${was}, secrets ${given ? 'given' : 'not given'})`, `${total} requests, 0 failed`, tookMs)
      ;[serving, next] = [next, serving]
    })
  }

  /** One machine, one TPM, one folder, one disk, all of what serves. */
  async function nothingElse(id) {
    await eventually('nothing else is left', async () => {
      const processes = (await world.machines()).map(({ program }) => program).sort()
      const left = [processes, await list('machines'), (await list('images')).map((name) => name.split('.').at(-1)).sort()]
      assert.deepEqual(left, [['qemu-system-x86_64', 'swtpm'], [await mine(id)], ['img', 'json']])
      return true
    }, BOOT)
    const { standing, sentence } = await world.card(id)
    assert.equal(standing, 'holds', sentence)
  }
})
