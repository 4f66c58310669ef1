// Input that is wrong. Each gets a sentence with its place and the way out, the same over the API
// and on the command line; the live version keeps serving, and nothing half-done stays.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { containers } from './faults/world.js'
import { ask, bundle, Client, containerName, fill, git, image, inData, served } from './lib/client.js'
import { tarGz, zip } from './lib/archive.js'
import { command } from './lib/command.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { otherTenant } from './lib/tenant.js'
import { assertCliRefusal, assertRefusal, plain } from './lib/refusals.js'
import { SEALDOCK } from './lib/places.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const MIB = 1024 * 1024
const CONFIG = 'health:\n  path: /health\n  timeout_s: 4\ndrain_s: 1\n'
const env = { HELLO_QUIET: '1' }
const LOCAL_IMAGE = `sealdock-e2e-bad-input:${process.pid}`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

const RELEASES = [
  { tag: 'v1.0.0', env, config: CONFIG },
  { tag: 'step', env, config: CONFIG, files: { Dockerfile: 'FROM scratch\nCOPY hello version /\nCOPY missing.txt /\n' } },
  { tag: 'base', env, config: CONFIG, files: { Dockerfile: 'FROM 127.0.0.1:1/base:1\nCOPY hello /\n' } },
  { tag: 'typo', env, config: 'port: 8080\nhealth:\n  pth: /health\n' },
  { tag: 'huge', env, config: `${CONFIG}# ${'x'.repeat(10 * MIB)}\n` },
  { tag: 'exits', env: { ...env, HELLO_EXIT_AT_START: '7' }, config: CONFIG },
  { tag: 'never', env: { ...env, HELLO_UNHEALTHY: '1' }, config: CONFIG },
]

let sealdock, client, repository, installation, web

before(async () => {
  if (skip) return
  repository = await Repository.make(...RELEASES)
  await repository.git('rm', '--quiet', 'Dockerfile')
  await repository.git('commit', '--quiet', '--message', 'No Dockerfile')
  await repository.git('tag', 'bare')
  await buildImage(LOCAL_IMAGE, { version: 'local' })
  sealdock = await Sealdock.start()
  client = await Client.owner(sealdock)
  const view = await client.live('web', git(repository, 'v1.0.0'))
  web = { id: view.summary.id, environment: view.summary.environment }
  installation = await client.installation(web.id)
})

after(async () => {
  await repository?.remove()
  await sealdock?.destroy()
  await removeImage(LOCAL_IMAGE)
  if (installation) await sweep(installation)
})

/** Whatever was refused: the live version serves, and there is nothing else. */
afterEach(async () => {
  if (skip) return
  await served(sealdock, 'web.localhost', 'v1.0.0')
  await eventually('only the live container is there', async () => {
    const running = await containers(web.environment)
    return running.length === 1 && running[0] === containerName(web.id)
  })
  const { active, candidate } = await client.environment(web.environment)
  assert.deepEqual([active.id, candidate], [web.id, null])
  await eventually('no work is left', async () => (await readdir(inData(sealdock, 'work'))).length === 0)
})

describe('refused before anything is written', { skip, concurrency: 1 }, () => {
  const cases = {
    'a Git URL of nothing': {
      source: () => git('file:///nonexistent/repository'), flags: () => ['--git', 'file:///nonexistent/repository'],
      status: 422, place: /^url$/, says: /no repository at \/nonexistent\/repository/, wayOut: /path/,
    },
    'a Git URL that is none': {
      source: () => git('ftp://127.0.0.1/app.git'), flags: () => ['--git', 'ftp://127.0.0.1/app.git'],
      status: 422, place: /^url$/, says: /not a Git URL/, wayOut: /https:\/\/…/,
    },
    'a Git host that does not answer': {
      source: () => git('https://127.0.0.1:1/app.git'), flags: () => ['--git', 'https://127.0.0.1:1/app.git'],
      status: 503, code: 'git_unreachable', says: /can't be reached/, wayOut: /host name/,
    },
    'a missing tag: the nearest is named': {
      source: () => git(repository, 'v1.0.1'), flags: () => ['--git', repository.url, '--tag', 'v1.0.1'],
      status: 422, place: /^revision$/, says: /no tag `v1\.0\.1`/, wayOut: /Did you mean `v1\.0\.0`\?/,
    },
    'a repository with nothing to build': {
      source: () => git(repository, 'bare'), flags: () => ['--git', repository.url, '--tag', 'bare'],
      status: 422, code: 'nothing_to_build', place: /^build\.preset$/, says: /at [0-9a-f]{7} has nothing .*`Dockerfile`, .*`index\.html`/, wayOut: /Add one of them/,
    },
    'an unknown field in sealdock.yml: line, column and the nearest name': {
      source: () => git(repository, 'typo'), flags: () => ['--git', repository.url, '--tag', 'typo'],
      status: 422, code: 'config_invalid', place: /^sealdock\.yml at typo, line 3, column 3$/, says: /`health\.pth`/, wayOut: /did you mean `health\.path`\?/,
    },
    'a sealdock.yml of 10 MB': {
      source: () => git(repository, 'huge'), flags: () => ['--git', repository.url, '--tag', 'huge'],
      status: 413, place: /^sealdock\.yml$/, says: /at most 1048576/, wayOut: /smaller/,
    },
    'an image that is not on this machine': {
      source: () => image('sealdock-e2e-none:1'), flags: () => ['--image', 'sealdock-e2e-none:1', '--local'],
      status: 422, place: /^reference$/, says: /no image `sealdock-e2e-none:1`/, wayOut: /pull/,
    },
  }
  for (const [name, { source, flags, ...expected }] of Object.entries(cases)) {
    it(`I-2 P-4 B-1 ${name}`, async () => {
      assertRefusal(await client.refused('POST', '/v2/projects', { name: 'other', source: source() }), expected)
      assertRefusal(await client.refused('POST', `/v2/environments/${web.environment}/update/plan`, { source: source() }), expected)
      assertCliRefusal(await client.cli('deploy', ...flags(), '--name', 'other', '--yes', '--wait'), expected)
      const { items } = await client.get('/v2/projects')
      assert.deepEqual(items.map((project) => project.name), ['web'])
    })
  }

  it('B-2 a request of 10 MB, and one with an unknown field', async () => {
    const source = git(repository, 'v1.0.0')
    const large = { name: 'other', source, config: { env: { LARGE: 'x'.repeat(10 * MIB) } } }
    assertRefusal(await client.refused('POST', '/v2/projects', large), { status: 413, code: 'too_large', says: /1024 KiB/ })
    const typo = { name: 'other', source, config: { replicsa: 2 } }
    assertRefusal(await client.refused('POST', '/v2/projects', typo), { status: 422, place: /config\.replicsa/, says: /`replicsa`.*`replicas`/ })
  })

  it('I-5 B-3 a plan that is not of today: nothing runs', async () => {
    const update = { config: { replicas: 2 } }
    const { digest } = await client.post(`/v2/environments/${web.environment}/update/plan`, { config: { replicas: 3 } })
    const refused = await client.refused('POST', `/v2/environments/${web.environment}/update`, { update, digest })
    assertRefusal(refused, { status: 409, code: 'plan_changed', says: /nothing was done/, wayOut: /new plan/ })
    const { items } = await client.get('/v2/deployments?limit=1')
    assert.equal(items[0].id, web.id)
  })

  it('B-4 a wrong password, and a name that is taken', async () => {
    const wrong = await fill(sealdock, '/session', { email: 'owner@example.invalid', password: 'wrong' }).catch((error) => error)
    assertRefusal(wrong, { status: 401, code: 'wrong_password', says: /e-mail address or the password is wrong/, wayOut: /Try again/ })
    const unknown = await fill(sealdock, '/session', { email: 'nobody@example.invalid', password: 'wrong' }).catch((error) => error)
    assert.equal(unknown.problem.detail, wrong.problem.detail)
    const taken = { status: 409, code: 'name_taken', place: /^name$/, says: /project `web` already/, wayOut: /another name/ }
    assertRefusal(await client.refused('POST', '/v2/projects', { name: 'web', source: git(repository, 'v1.0.0') }), taken)
  })

  it("X-11 another tenant's ids do not exist, by any method", async () => {
    const other = await otherTenant(sealdock)
    const { summary, jobs, instances } = await client.deployment(web.id)
    const paths = [
      ['GET', `/v2/deployments/${web.id}`], ['POST', `/v2/deployments/${web.id}/pause`],
      ['POST', `/v2/deployments/${web.id}/cancel`], ['GET', `/v2/environments/${web.environment}`],
      ['POST', `/v2/environments/${web.environment}/update/plan`, { config: {} }],
      ['GET', `/v2/projects/${summary.project}`], ['DELETE', `/v2/projects/${summary.project}?confirm=web`],
      ...[jobs[0].stream, instances[0].stream].map((stream) => ['GET', `/v2/logs/${encodeURIComponent(stream)}`]),
    ]
    for (const [method, path, body] of paths) {
      const refused = await other.refused(method, path, body)
      assert.deepEqual([method, path, refused.status, refused.problem.code], [method, path, 404, 'not_found'])
    }
    assert.deepEqual((await other.get('/v2/deployments')).items, [])
  })

  it('B-5 a second serve on the same data directory', async () => {
    const rival = command(SEALDOCK, ['serve', '--data', sealdock.data, '--listen', '127.0.0.1:0', '--proxy-listen', '127.0.0.1:0'])
    const { code, stderr } = await rival.catch((error) => error)
    assert.equal(code, 1)
    assert.match(stderr, /another sealdock runs with the data directory .*--data/)
    plain(stderr)
  })
})

describe('found out on the way: the deployment fails with a sentence, and v1.0.0 serves', { skip, concurrency: 1 }, () => {
  const cases = {
    'a step of the Dockerfile fails: it is named': { tag: 'step', says: /`\[2\/2\] COPY missing\.txt \/` failed: .*missing\.txt/ },
    'a base image that no registry has': { tag: 'base', says: /`FROM 127\.0\.0\.1:1\/base:1` failed: .*refused/ },
    'an app that ends at its start: its code and last lines': { tag: 'exits', says: /exited with code 7 .*last lines: .*exiting with 7/ },
    'an app that never becomes healthy: what its probe got': { tag: 'never', says: /not become healthy within 4 s: GET \/health answered 503/ },
  }
  for (const [name, { tag, says }] of Object.entries(cases)) {
    it(`P-8 B-6 ${name}`, async () => {
      const { summary } = await client.update(web.environment, { source: git(repository, tag) })
      await fails(client, summary.id, says)
      const { code, stdout, stderr } = await client.cli('update', 'web', '--tag', tag, '--yes', '--wait')
      assert.equal(code, 1)
      assert.match(stdout + stderr, says)
    })
  }

  it('I-16 B-7 an image that no registry has', async () => {
    const says = /registry of 127\.0\.0\.1:1\/none:1 does not answer .*refused.*Check/
    const { summary } = await client.update(web.environment, { source: image('127.0.0.1:1/none:1', false) })
    await fails(client, summary.id, says)
    const { code, stdout, stderr } = await client.cli('update', 'web', '--image', '127.0.0.1:1/none:1', '--yes', '--wait')
    assert.equal(code, 1)
    assert.match(stdout + stderr, says)
  })

  it('B-8 a port of the host that is in use', async () => {
    const holder = createServer()
    await new Promise((resolve) => holder.listen(0, '0.0.0.0', resolve))
    const { port } = holder.address()
    try {
      const { summary } = await client.update(web.environment, { config: { exclusive: [`port:${port}`] } })
      await fails(client, summary.id, new RegExp(`port .*in use.*:${port}.*Stop what holds it`))
    } finally {
      await new Promise((resolve) => holder.close(resolve))
    }
  })
})

/** The deployment fails with that sentence, and no job of it waits for anything. */
async function fails(by, id, says) {
  const view = await by.until(id, 'failed')
  assert.match(view.summary.sentence, says)
  plain(view.summary.sentence)
  const open = view.jobs.filter(({ status }) => ['Pending', 'Running'].includes(status))
  assert.deepEqual(open, [])
}

describe('bundles', { skip, concurrency: 1 }, () => {
  const page = { 'index.html': '<p>x</p>' }
  const bad = {
    'zip-slip.zip': [() => zip({ ...page, '../../evil': 'x' }), /`\.\.\/\.\.\/evil`, which climbs out/],
    'zip-slip.tar.gz': [() => tarGz({ ...page, '../../evil': 'x' }), /`\.\.\/\.\.\/evil`, which climbs out/],
    'absolute.tar.gz': [() => tarGz({ ...page, '/etc/evil': 'x' }), /\/etc\/evil/],
    'bomb.zip': [() => zip({ ...page, zeros: Buffer.alloc(64 * MIB) }), /more than 200 times its own size/],
    'no-index.zip': [() => zip({ 'readme.txt': 'x' }), /no index\.html at its top.*Pack/],
    'damaged.zip': [() => zip({ 'index.html': 'x'.repeat(1000) }).subarray(0, 60), /damaged.*Pack it again/],
    'damaged.tar.gz': [() => tarGz({ 'index.html': 'x'.repeat(1000) }).subarray(0, 60), /damaged.*Pack it again/],
    'text.txt': [() => Buffer.from('hello'), /none of zip, tar and tar\.gz/],
  }
  for (const [name, [make, says]] of Object.entries(bad)) {
    it(`P-16 B-9 ${name}: nothing is unpacked`, async () => {
      const upload = await client.upload(name, make())
      const { summary } = await client.create('site', bundle(upload))
      await fails(client, summary.id, says)
      await eventually('no directory is left', async () => (await readdir(inData(sealdock, 'sites'))).length === 0)
      await client.delete(summary.project, 'site')
      await client.gone(summary.project)
      assert.deepEqual(await readdir(inData(sealdock, 'uploads')), [])
    })
  }

  it('P-16 B-9 an empty file is refused at once', async () => {
    assertRefusal(await client.refused('POST', '/v2/uploads?name=empty.zip', new Uint8Array()), { status: 422, place: /^file$/, says: /empty/, wayOut: /index\.html/ })
    assert.deepEqual(await readdir(inData(sealdock, 'uploads')), [])
  })
})

describe('memory', { skip }, () => {
  it('P-7 P-8 B-10 an app that takes more than its limit ends alone, says so, and is started again', async () => {
    const { summary } = await client.live('greedy', image(LOCAL_IMAGE), { resources: { memory_mib: 16 }, health: { path: '/health' }, drain_s: 1 })
    await ask(sealdock, 'greedy.localhost', '/leak?mb=64').catch(() => {})
    const said = []
    await eventually('the end is told', async () => {
      const view = await client.deployment(summary.id)
      said.push(view.summary.sentence, ...view.instances.map(({ state }) => state))
      return /memory/i.test(said.join('\n'))
    }, { everyMs: 100, timeoutMs: 15_000 }).catch((error) => assert.fail(`${error.message}\n${[...new Set(said)].join('\n')}`))
    await served(sealdock, 'greedy.localhost', 'local')
    await client.delete(summary.project, 'greedy')
    await client.gone(summary.project)
  })
})
