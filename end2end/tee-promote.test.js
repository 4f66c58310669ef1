// A version goes from a debug environment to production, on confidential machines, as a person does it in a browser; then
// it is updated under load, verified by somebody else, and attacked by its host.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch, openPage, signedIn } from './lib/browser.js'
import { image, served } from './lib/client.js'
import { buildImage, engineVersion, removeImage } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { BOOT, noMachines, stranger, World } from './lib/tee.js'

const CONFIG = { health: { path: '/health', timeout_s: 120, probe_timeout_ms: 10_000 }, drain_s: 2, resources: { memory_mib: 64 } }
const LOAD = { pauseMs: 100, maxSeconds: 400 }
const tag = (version) => `sealdock-e2e-tee-promote:${version}-${process.pid}`
const skip = (await engineVersion()) ? await noMachines() : 'no Docker Engine answers'

describe('promotion on confidential machines', { skip, concurrency: 1 }, () => {
  let world, client, browser, page, debug, production, tried, live

  before(async () => {
    for (const version of ['v1', 'v2']) await buildImage(tag(version), { version })
    world = await World.start()
    client = world.client
    browser = await launch()
    page = await openPage(await signedIn(browser, client))
  })
  after(async () => {
    await browser?.close()
    await world?.destroy()
    for (const version of ['v1', 'v2']) await removeImage(tag(version))
  })

  /** The one instance that serves, as its card shows it, and what is expected of it. */
  async function proof(of) {
    const card = await world.card(of.summary.id)
    assert.equal(card.standing, 'holds', card.sentence)
    return { ...card, expected: await client.get(card.instances[0].expected) }
  }

  const printed = async (of) => client.log((await client.deployment(of.summary.id)).instances[0].stream)

  it('I-10 a debug environment shows what its app prints, production does not', async () => {
    const first = await client.post('/v2/projects', { name: 'web', source: image(tag('v1')), config: CONFIG, runtime: 'tee' })
    live = await client.until(first.summary.id, 'live', BOOT)
    production = live.summary.environment
    debug = (await client.post(`/v2/projects/${live.summary.project}/environments`, { name: 'debug', debug: true, runtime: 'tee' })).id
    const { summary } = await client.update(debug, { source: image(tag('v2')), config: CONFIG })
    tried = await client.until(summary.id, 'live', BOOT)
    assert.deepEqual([tried.debug, live.debug], [true, false])
    assert.match(await printed(tried), /listening on port 8080/)
    assert.doesNotMatch(await printed(live), /listening on port/)
    const { expected } = await proof(tried)
    assert.match(Buffer.from(expected.expected, 'base64').toString(), /tee\.debug=1/)
  })

  it('I-10 I-17 promoted in the browser: the same artifact bit for bit, debug off, and its card is green', async () => {
    await page.goto(`${world.sealdock.url}/deployments/${tried.summary.id}`)
    await page.getByRole('link', { name: 'Promote to production' }).click()
    const plan = page.getByRole('region', { name: 'Plan' })
    await plan.getByText('bit for bit').waitFor()
    const short = tried.artifact.image.replace('sha256:', '').slice(0, 8)
    assert.match(await plan.innerText(), new RegExp(short))
    await plan.getByText('Debug: false').waitFor()
    await plan.getByText('No downtime').waitFor()
    await plan.locator('button.btn-primary').click()
    await page.waitForURL(/\/deployments\/dep_/)
    const id = new URL(page.url()).pathname.split('/')[2]
    live = await client.until(id, 'live', BOOT)
    assert.equal(live.artifact.image, tried.artifact.image)
    assert.equal(live.debug, false)
    await served(world.sealdock, 'web.localhost', 'v2')
    await green(id)
  })

  /** A person looks at the card, wherever it was before. */
  async function green(id) {
    await page.goto(`${world.sealdock.url}/deployments/${id}`)
    const card = page.getByRole('region', { name: 'Attestation', exact: true })
    await card.getByText('Evidence holds').waitFor()
    await card.getByText('SIMULATED – not confidential').first().waitFor()
    await card.getByRole('link', { name: `https://web.localhost:${world.tlsPort}` }).waitFor()
    await card.getByText('Weaker address').waitFor()
    await card.getByText(`sealdock verify https://web.localhost:${world.tlsPort}`).first().waitFor()
  }

  it('I-6 I-17 updated blue-green under load, at both addresses, without a failed request', async () => {
    const on = { host: 'web.localhost', ...LOAD }
    const plain = await startLoad({ ...on, port: world.sealdock.proxyPort, clients: { keepAlive: 2, fresh: 1, post: 1, sse: 0, websocket: 0 } })
    const inside = await startLoad({ ...on, port: world.tlsPort, tls: true, clients: { keepAlive: 0, fresh: 2, post: 1, sse: 0, websocket: 0 } })
    const before = live
    const { summary } = await client.update(production, { source: image(tag('v1')) })
    live = await client.until(summary.id, 'live', BOOT)
    await client.until(before.summary.id, 'stopped', BOOT)
    for (const load of [plain, inside]) {
      const { failures, answered, sequences } = await load.stop()
      assert.deepEqual(failures, [])
      assert.ok(answered.fresh > 20, JSON.stringify(answered))
      assert.ok(Object.keys(sequences).includes('v2 > v1'), JSON.stringify(sequences))
    }
    await green(summary.id)
  })

  it('I-18 whoever has the address and what was expected of the tag verifies it; debug is not production', async () => {
    const real = await proof(live)
    const other = await proof(tried)
    assert.equal(real.reach.inside[0], `https://web.localhost:${world.tlsPort}`)
    const agreed = await stranger(real.reach.command, { 'expected.json': real.expected })
    assert.equal(agreed.code, 0, agreed.stdout + agreed.stderr)
    const noTrust = await stranger(real.reach.command.replace('--allow-simulated ', ''), { 'expected.json': real.expected })
    assert.equal(noTrust.code, 1)
    for (const [command, expected] of [[real.reach.command, other.expected], [other.reach.command, real.expected]]) {
      const { code, stdout, stderr } = await stranger(command, { 'expected.json': expected })
      assert.equal(code, 1, stdout + stderr)
      assert.match(stdout, /NO +measurement\.cmdline_initrd/)
    }
    // The same address without TLS inside: there is no key to verify.
    const edge = await stranger(real.reach.command.replace(`:${world.tlsPort}`, `:${world.sealdock.proxyPort}`), { 'expected.json': real.expected })
    assert.notEqual(edge.code, 0)
  })

  const attacks = {
    rootfs: /ended before it showed any evidence/,
    config: /ended before it showed any evidence|exited|refused/,
    initrd: /refused, because of .*measurement\.cmdline_initrd/,
    cmdline: /refused, because of .*measurement\.cmdline_initrd/,
  }
  for (const [what, sentence] of Object.entries(attacks)) {
    it(`I-17 a host that changes the ${what} is refused, and what serves is untouched`, async () => {
      const before = await world.machines()
      const { key } = await world.inside('web.localhost')
      await world.attack(what)
      const { summary } = await client.update(production, { source: image(tag('v1')), config: { ...CONFIG, env: { TRY: what } } })
      const failed = await client.until(summary.id, 'failed', BOOT)
      await world.attack()
      assert.match(failed.summary.sentence, sentence)
      assert.notEqual((await world.card(summary.id)).standing, 'holds')
      await eventually('its machine is gone', async () => (await world.machines()).length === before.length)
      assert.deepEqual(await world.machines(), before)
      const now = await world.inside('web.localhost')
      assert.deepEqual([now.status, now.body.trim(), now.key], [200, 'v1', key])
    })
  }
})
