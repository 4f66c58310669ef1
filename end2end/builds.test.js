// Builds that go wrong or want too much, and builds that are called off: each ends with a true
// sentence, nothing of it stays, and the app beside it never notices.

import assert from 'node:assert/strict'
import { readFile, statfs } from 'node:fs/promises'
import { after, afterEach, before, describe, it } from 'node:test'
import { Client, git, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { hog } from './lib/hello.js'
import { startLoad } from './lib/load.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CANCEL_LIMIT_MS = 5_000
const MIB = 1024 * 1024
/** What a build may write here before it is stopped. */
const DISK_ROOM = 600 * MIB
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'
const LIMITS = 'build:\n  memory: 128MiB\n  pids: 64\n  timeout_s: 60\nhealth:\n  path: /health\n  timeout_s: 8\n'

describe('builds', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, app, host

  before(async () => {
    repository = await Repository.make({ tag: 'v1', env: { HELLO_QUIET: '1' } })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const view = await client.live('web', git(repository, 'v1'))
    app = view.summary
    host = new URL(view.urls[0]).hostname
    installation = await client.installation(app.id)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })
  /** Whatever a build did: what serves, serves. */
  afterEach(() => served(sealdock, host, 'v1'))

  /** A release whose build runs the hog with these words; never from a cache. */
  async function release(tag, ...words) {
    const exec = JSON.stringify(['/hog', ...words, `${tag}-${process.pid}-${Date.now()}`])
    const Dockerfile = `FROM scratch\nCOPY --chmod=755 hog /\nCOPY hello version /\nRUN ${exec}\nENTRYPOINT ["/hello"]\n`
    await repository.release({ tag, config: LIMITS, files: { hog: await readFile(await hog()), Dockerfile } })
    return git(repository, tag)
  }

  async function failed(source) {
    const { summary } = await client.update(app.environment, { source })
    const view = await client.until(summary.id, 'failed', { timeoutMs: 90_000 })
    assert.equal(view.jobs.find(({ kind }) => kind === 'BuildImageJob').status, 'Failure')
    return view
  }

  const buildLog = (view) => view.jobs.find(({ kind }) => kind === 'BuildImageJob').stream
  const outline = (view) => client.get(`/v2/logs/${encodeURIComponent(buildLog(view))}/outline`)

  it('P-21 a failed step is named with its last line; the outline leads to its first error', async () => {
    const view = await failed(await release('broken', 'fail'))
    assert.match(view.summary.sentence, /\[3\/3\] RUN \["\/hog".*expected a semicolon.*code: 2/s)
    const { steps, first_error } = await outline(view)
    assert.deepEqual(steps.filter(({ state }) => state === 'failed').map(({ name }) => name.startsWith('[3/3] RUN')), [true])
    const { lines: [line] } = await client.get(`/v2/logs/${encodeURIComponent(buildLog(view))}?from=${first_error}&limit=1`)
    assert.match(line.text, /^#\d+ \| main\.c:3:1: error: expected a semicolon$/)
  })

  it('Q-25 a build that eats memory is ended at its limit, and says so; the app beside it answers on', async () => {
    const load = await startLoad({ port: sealdock.proxyPort, host })
    const view = await failed(await release('hungry', 'memory'))
    const { failures, answered } = await load.stop()
    assert.deepEqual(failures, [])
    assert.ok(Object.values(answered).every((count) => count > 1), JSON.stringify(answered))
    assert.match(view.summary.sentence, /128 MiB.*build\.memory/s)
  })

  it('Q-25 a build that starts processes without end has its share of them', async () => {
    const load = await startLoad({ port: sealdock.proxyPort, host })
    const view = await failed(await release('forks', 'forks'))
    assert.deepEqual((await load.stop()).failures, [])
    assert.match(await client.log(buildLog(view)), /no more processes/)
    await eventually('its processes are gone', async () => (await processes('/hog forks')) === 0)
  })

  it('Q-25 a build that fills the disk is stopped while there is some left, which it gives back', async () => {
    const { bavail, bsize } = await statfs('/var/lib/docker')
    const free = bavail * bsize
    const tight = await Sealdock.start({ args: ['--disk-reserve-mib', String(Math.floor((free - DISK_ROOM) / MIB))] })
    try {
      const other = await Client.owner(tight)
      const { summary } = await other.create('full', await release('full', 'disk'))
      const view = await other.until(summary.id, 'failed', { timeoutMs: 60_000 })
      assert.match(view.summary.sentence, /build was stopped.*disk at .* MiB left.*Settings, Disk/s)
      await eventually('the space is back', async () => {
        const now = await statfs('/var/lib/docker')
        return now.bavail * now.bsize > free - DISK_ROOM / 2
      }, { timeoutMs: 20_000 })
    } finally {
      await tight.destroy()
    }
  })

  describe('Q-6 lines', () => {
    const holding = async (view, text) =>
      (await client.get(`/v2/logs/${encodeURIComponent(buildLog(view))}?search=${encodeURIComponent(text)}`)).lines
    /** What drops lines is the Engine (by its limits) or the connection to it; either is said in the log. */
    const owned = async (view) => [
      ...await holding(view, 'BUILDKIT_STEP_LOG_MAX_SIZE'), ...await holding(view, 'lines may be missing here'),
    ]
    async function printed(...words) {
      const { summary } = await client.update(app.environment, { source: await release(words[0], ...words) })
      const view = await client.until(summary.id, 'live', { timeoutMs: 90_000 })
      await client.updated(app.environment, { source: git(repository, 'v1') })
      return view
    }
    async function whole(view, count) {
      const { steps } = await outline(view)
      assert.equal(steps.find(({ name }) => name.includes('/hog')).lines, count)
      assert.equal((await holding(view, `line ${count} of`)).length, 1)
    }

    it('100,000 at 10,000 a second are all there, where the Engine keeps them', async (test) => {
      const view = await printed('paced', '100000')
      if (!(await keepsMore())) {
        assert.equal((await owned(view)).length, 1)
        return test.skip('this dockerd was started with the Engine’s own limits, which drop lines; the log says so')
      }
      await whole(view, 100_000)
    })

    it('200,000 as fast as they go are all there, or the log says that they are not', async () => {
      const view = await printed('lines', '200000')
      const said = await owned(view)
      if (said.length === 0) await whole(view, 200_000)
    })
  })

  describe('P-10 called off', () => {
    /** Cancels once the job runs, and measures until nothing of it is left. */
    async function cancelled(source, kind, left) {
      const { id } = (await client.update(app.environment, { source })).summary
      await eventually(`${kind} runs`, async () =>
        (await client.deployment(id)).jobs.some((job) => job.kind === kind && job.status === 'Running'), { timeoutMs: 30_000 })
      const begun = Date.now()
      await client.post(`/v2/deployments/${id}/cancel`)
      await client.until(id, 'cancelled')
      await eventually('nothing of it is left', left, { timeoutMs: CANCEL_LIMIT_MS })
      const took = Date.now() - begun
      assert.ok(took < CANCEL_LIMIT_MS, `${took} ms`)
      const view = await client.deployment(id)
      assert.ok(view.jobs.every(({ status }) => status !== 'Running' && status !== 'Pending'), JSON.stringify(view.jobs))
    }

    it('while it builds: the step ends', async () => {
      const source = await release('slow', 'sleep', '300')
      await cancelled(source, 'BuildImageJob', async () => (await processes('/hog sleep')) === 0)
    })

    it('not once its instances start: the refusal says what becomes of it', async () => {
      await repository.release({ tag: 'sick', env: { HELLO_UNHEALTHY: '1' }, config: 'health:\n  path: /health\n  timeout_s: 5\n' })
      const { summary } = await client.update(app.environment, { source: git(repository, 'sick') })
      await client.until(summary.id, 'starting')
      const refused = await client.refused('POST', `/v2/deployments/${summary.id}/cancel`)
      assert.equal(refused.problem.code, 'not_cancelled')
      assert.match(refused.problem.detail, /either becomes live or fails by itself/)
      await client.until(summary.id, 'failed')
    })

    it('while it waits for its turn', async () => {
      const first = await client.update(app.environment, { source: await release('first', 'sleep', '300') })
      await eventually('it builds', async () => (await processes('/hog sleep')) > 0, { timeoutMs: 30_000 })
      const second = await client.update(app.environment, { source: git(repository, 'v1') })
      const called = await client.cli('cancel', second.summary.id)
      assert.deepEqual([called.code, /ancelled/.test(called.stdout)], [0, true], called.stdout + called.stderr)
      await client.until(second.summary.id, 'cancelled')
      await client.cli('cancel', app.project_name)
      await client.until(first.summary.id, 'cancelled')
      await eventually('its step is gone', async () => (await processes('/hog sleep')) === 0, { timeoutMs: CANCEL_LIMIT_MS })
    })
  })
})

/** Whether this dockerd was told to keep more of what a build prints than the Engine does by itself. */
async function keepsMore() {
  const pids = await lines('pidof', ['dockerd']).catch(() => [])
  const told = await Promise.all(pids.join(' ').split(' ').filter(Boolean).map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
  return told.some((environment) => environment.includes('BUILDKIT_STEP_LOG_MAX_SPEED='))
}

/** How many processes of this machine have a command line that begins so and holds this. */
async function processes(begins, holds = '') {
  const all = await lines('ps', ['-eo', 'args'])
  return all.filter((line) => line.startsWith(begins) && line.includes(holds)).length
}
