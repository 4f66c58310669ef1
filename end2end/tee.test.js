// The confidential runtime, as a person has it: an image boots measured, serves only once its evidence was verified, is
// updated under load, found again after a kill -9, and leaves nothing behind.

import assert from 'node:assert/strict'
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { lookedBy } from './lib/browser.js'
import { ask, image, inData, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { buildImage, engineVersion, removeImage } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { Relay } from './lib/relay.js'
import { BOOT, noMachines, running, stranger, World } from './lib/tee.js'

const CONFIG = { health: { path: '/health', timeout_s: 120, probe_timeout_ms: 10_000 }, drain_s: 1, resources: { memory_mib: 64 }, secrets: ['HELLO_MESSAGE'] }
const SECRET = 'for-verified-machines-only-31f7'
const tag = (version) => `sealdock-e2e-tee:${version}-${process.pid}`
const skip = (await engineVersion()) ? await noMachines() : 'no Docker Engine answers'

describe('the confidential runtime', { skip, concurrency: 1 }, () => {
  let world, sealdock, client, papers, project, environment, first, live

  before(async () => {
    for (const version of ['v1', 'v2']) await buildImage(tag(version), { version, env: { HELLO_QUIET: '1' } })
    world = await World.start()
    ;({ sealdock, client, papers } = world)
  })
  after(async () => {
    await world?.destroy()
    for (const version of ['v1', 'v2']) await removeImage(tag(version))
  })

  const machines = async () => (await running(inData(sealdock, 'tee'))).map(({ program }) => program).sort()
  const one = ['qemu-system-x86_64', 'swtpm']
  const card = (of = live) => client.get(`/v2/deployments/${of.summary.id}/attestation`)

  const told = async () => assert.match((await ask(sealdock, 'web.localhost', '/')).body, new RegExp(SECRET))

  /** What a person would: downloads what is linked, and says what the card says. @returns the words behind `sealdock` */
  const downloaded = async (proof, command) => {
    const words = command.split(' ')
    assert.equal(words.shift(), 'sealdock')
    for (const name of ['expected', 'evidence']) {
      const [file, path] = [join(papers, `${proof.found.measurement}-${name}.json`), proof[name]]
      await writeFile(file, JSON.stringify(await client.get(path)))
      const at = words.indexOf(`${name}.json`)
      if (at >= 0) words[at] = file
    }
    return words
  }
  const refused = async (words, check) => {
    const { code, stdout, stderr } = await client.cli(...words)
    assert.equal(code, 1, stdout + stderr)
    assert.match(stdout, check)
  }

  it('I-17 an image becomes live on a confidential machine, once its evidence was verified', async () => {
    const { items: runtimes } = await client.get('/v2/runtimes')
    const tee = runtimes.find(({ name }) => name === 'tee')
    assert.ok(tee.reachable, tee.sentence)
    assert.match(tee.version, /SIMULATED – not confidential/)
    await client.post('/v2/secrets', { name: 'HELLO_MESSAGE', value: SECRET })
    const body = { name: 'web', source: image(tag('v1')), config: CONFIG, runtime: 'tee' }
    const { summary } = await client.post('/v2/projects', body)
    live = await client.until(summary.id, 'live', BOOT)
    project = summary.project
    environment = summary.environment
    await served(sealdock, 'web.localhost', 'v1')
    assert.deepEqual(await machines(), one)
    await told()
  })

  it('I-17 its secret reached it, and lies in no file, argv or environment of the host', async () => {
    const files = (await lines('find', [inData(sealdock, 'tee'), '-type', 'f']))
    const { pid } = (await running(inData(sealdock, 'tee'))).find(({ program }) => program.startsWith('qemu'))
    assert.ok(files.some((file) => file.endsWith('config.img')))
    for (const file of [...files, `/proc/${pid}/cmdline`, `/proc/${pid}/environ`]) {
      assert.ok(!(await readFile(file)).includes(SECRET), file)
    }
  })

  it('I-18 its evidence can be read, and anyone who has what was expected agrees', async () => {
    const { standing, simulated, sentence, instances: [proof], history } = await card()
    assert.deepEqual([standing, simulated], ['holds', true])
    assert.match(sentence, /^SIMULATED – not confidential: all \d+ checks hold\.$/)
    assert.ok(proof.checks.every(({ ok, reached }) => ok && reached))
    assert.ok(history.length === 1 && history[0].holds)
    for (const stage of ['root disk', 'machine', 'modules', 'rootfs', 'tls']) {
      assert.ok(proof.boot.some(({ name, status }) => name === stage && status === 'ok'), `${stage} in ${JSON.stringify(proof.boot)}`)
    }
    const words = await downloaded(proof, proof.command)
    const { code, stdout, stderr } = await client.cli(...words)
    assert.equal(code, 0, stdout + stderr)
    await refused(words.filter((word) => word !== '--allow-simulated'), /policy\.simulated/)
    // It may have been asked again between the card and the download.
    await eventually('the downloaded file says the same', async () => {
      const [newest] = (await card()).instances
      const { code, stdout } = await client.cli(...(await downloaded(newest, newest.command_for_file)))
      assert.equal(code, 0, stdout)
      return true
    })
    const { items } = await client.get('/v2/events')
    assert.ok(items.some((event) => /The evidence of instance 1 of #1: SIMULATED/.test(event.sentence)))
  })

  it('I-18 anyone who has its address and what was expected verifies it, without our server', async () => {
    const { reach, instances: [proof] } = await card()
    assert.equal(reach.inside[0], `https://web.localhost:${world.tlsPort}`)
    assert.equal(reach.edge[0], sealdock.appUrl('web.localhost', ''))
    const files = { 'expected.json': await client.get(proof.expected) }
    const { code, stdout, stderr } = await stranger(reach.command, files)
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /connection\.spki/)
    const inside = await world.inside('web.localhost')
    assert.deepEqual([inside.status, inside.body.trim()], [200, 'v1'])
    await assert.rejects(world.inside('nobody.localhost'), /unrecognized name/)
  })

  it('I-18 somebody in the middle, with TLS of their own, who relays real and fresh evidence is refused by the key of the connection', async () => {
    const { reach, instances: [proof] } = await card()
    const relay = await Relay.start('web.localhost', world.tlsPort)
    try {
      const files = { 'expected.json': await client.get(proof.expected) }
      const { code, stdout, stderr } = await stranger(reach.command.replace(`:${world.tlsPort}`, `:${relay.port}`), files)
      assert.equal(code, 1, stdout + stderr)
      assert.match(stdout, /refused, because of connection\.spki\.\n$/)
      // What it relayed is all true: only whose connection it came over is not.
      const [{ path, status, body }, ...more] = relay.passed
      assert.deepEqual([status, more], [200, []])
      assert.match(path, /^\/\.well-known\/tee\/attestation\?nonce=[0-9a-f]{64}$/)
      assert.equal(JSON.parse(body).nonce, path.slice(-64))
      for (const check of ['nonce', 'signature', 'measurement.kernel', 'measurement.cmdline_initrd']) assert.match(stdout, new RegExp(`^ok +${check}`, 'm'))
    } finally {
      await relay.stop()
    }
  })

  it('I-17 it is updated under load, without a failed request, and the old machine goes', async () => {
    first = live
    const [old] = (await card()).instances
    const load = await startLoad({
      port: sealdock.proxyPort, host: 'web.localhost', pauseMs: 100, maxSeconds: 300,
      clients: { keepAlive: 2, fresh: 1, post: 0, sse: 0, websocket: 0 },
    })
    const { summary } = await client.update(environment, { source: image(tag('v2')) })
    live = await client.until(summary.id, 'live', BOOT)
    await served(sealdock, 'web.localhost', 'v2')
    const { failures, answered } = await load.stop()
    assert.deepEqual(failures, [])
    assert.ok(answered.fresh > 20, JSON.stringify(answered))
    await eventually('the old machine is gone', async () => (await machines()).length === 2)
    assert.equal((await card(first)).standing, 'past')
    // What another version was expected to be is no description of this one.
    const [proof] = (await card()).instances
    assert.notEqual(proof.found.measurement, old.found.measurement)
    const words = await downloaded(proof, proof.command)
    const stale = join(papers, `${old.found.measurement}-expected.json`)
    await refused(words.map((word) => (word.endsWith('-expected.json') ? stale : word)), /measurement\.cmdline_initrd/)
  })

  it('Q-42 its card has nothing wrong, in any theme and width, while it runs and afterwards', async () => {
    assert.deepEqual(await lookedBy(client, 'attestation', `/deployments/${live.summary.id}`), [])
    assert.deepEqual(await lookedBy(client, 'attestation-past', `/deployments/${first.summary.id}`), [])
  })

  it('I-18 it is asked again and again, and that is counted', async () => {
    const times = async () => (await card()).history[0].times
    const before = await times()
    await eventually('it was asked again', async () => (await times()) > before, { timeoutMs: 60_000 })
    assert.equal((await card()).history.length, 1)
  })

  it('I-17 kill -9 of the control plane: the machine runs on, is attested anew, and serves', async () => {
    const before = await running(inData(sealdock, 'tee'))
    await sealdock.kill()
    assert.deepEqual(await running(inData(sealdock, 'tee')), before)
    // Its own TLS needs nobody else.
    assert.equal((await world.inside('web.localhost')).body.trim(), 'v2')
    await sealdock.serve()
    await served(sealdock, 'web.localhost', 'v2')
    assert.deepEqual(await running(inData(sealdock, 'tee')), before)
    assert.equal((await client.deployment(live.summary.id)).summary.phase, 'live')
    assert.equal((await card()).standing, 'holds')
  })

  it('I-17 a machine that dies is made anew, over a kill -9, and attested before it serves', async () => {
    const [{ found }] = (await card()).instances
    const killed = (await running(inData(sealdock, 'tee'))).find(({ program }) => program.startsWith('qemu'))
    process.kill(killed.pid, 'SIGKILL')
    await eventually('another one runs', async () => {
      const now = await running(inData(sealdock, 'tee'))
      return now.length === 2 && now.every(({ pid }) => pid !== killed.pid)
    }, BOOT)
    // Its secrets are given once it was verified: whoever comes back meanwhile has to bring them.
    await sealdock.kill()
    await sealdock.serve()
    await eventually('its evidence holds', async () => (await card()).instances[0].found.first_at > found.last_at, BOOT)
    await served(sealdock, 'web.localhost', 'v2', BOOT)
    await told()
    const { history } = await card()
    assert.deepEqual(history.map(({ holds, measurement }) => [holds, measurement]), [[true, found.measurement], [true, found.measurement]])
  })

  it('I-13 stopped, no machine is left; started, it is attested and given its secret before it serves', async () => {
    await client.call('POST', `/v2/deployments/${live.summary.id}/stop`, { typed: 'yes' })
    await client.until(live.summary.id, 'stopped')
    await eventually('no machine is left', async () => (await machines()).length === 0)
    assert.match((await ask(sealdock, 'web.localhost', '/')).body, /This app is stopped/)
    const { summary } = await client.update(environment, { reuse: { deployment: live.summary.id } })
    assert.equal(summary.trigger, 'start')
    live = await client.until(summary.id, 'live', BOOT)
    await served(sealdock, 'web.localhost', 'v2')
    assert.equal((await card()).standing, 'holds')
    await told()
  })

  it('I-17 a kernel that its host padded is refused by its measurement (PCR 4), and what serves is untouched', async () => {
    const before = await running(inData(sealdock, 'tee'))
    await appendFile(join(papers, 'kit', 'vmlinuz'), Buffer.alloc(4096))
    const { summary } = await client.update(environment, { source: image(tag('v1')) })
    const failed = await client.until(summary.id, 'failed', BOOT)
    assert.match(failed.summary.sentence, /refused, because of measurement\.kernel/)
    const { standing, instances: [proof] } = await card(failed)
    assert.equal(standing, 'refused')
    assert.deepEqual(proof.checks.filter(({ ok }) => !ok).map(({ check }) => check), ['measurement.kernel'])
    await served(sealdock, 'web.localhost', 'v2')
    await eventually('its machine is gone', async () => (await machines()).length === 2)
    assert.deepEqual(await running(inData(sealdock, 'tee')), before)
  })

  it('I-12 deleted, nothing of it is left: no machine, no TPM, no disk', async () => {
    await client.delete(project, 'web')
    await client.gone(project)
    assert.deepEqual(await machines(), [])
    assert.deepEqual(await readdir(inData(sealdock, 'tee', 'machines')), [])
    await eventually('its disks are gone', async () => (await readdir(inData(sealdock, 'tee', 'images'))).length === 0)
  })
})
