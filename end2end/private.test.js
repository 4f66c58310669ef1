// P-4 and I-16 from outside: private repositories over http with a token, what is inside them, and
// private images. The token works, and nobody who looks sees it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, git, image, inData, served } from './lib/client.js'
import { command } from './lib/command.js'
import { buildImage, dockerfile, engineVersion, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { GitHost } from './lib/git-host.js'
import { SEALDOCK } from './lib/places.js'
import { Registry } from './lib/registry.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 0\n'
const TOKEN = 'glpat-7f3c9d1e5b2a48f6'
const PASSWORD = '~~~???>>>registry-pass'
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('private repositories', { skip, concurrency: 1 }, () => {
  let sealdock, client, host, app, lib, installation

  before(async () => {
    host = await GitHost.start({ username: 'bot', token: TOKEN })
    app = await Repository.make({ tag: 'v1', config: CONFIG })
    lib = await Repository.of({ version: 'from the submodule\n' })
    await host.publish(app, 'team/app')
    await host.publish(lib, 'team/lib')
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await host?.stop()
    await app?.remove()
    await lib?.remove()
    if (installation) await sweep(installation)
  })

  const source = (name, tag) => git(host.url(name), tag)
  const set = (secret, place = host.place) => client.post('/v2/credentials', { kind: 'git', place, username: 'bot', secret })

  it('P-4 without a token a private repository is refused, with the way to one', async () => {
    const { problem } = await client.refused('POST', '/v2/projects/plan', { name: 'web', source: source('team/app', 'v1') })
    assert.equal(problem.code, 'git_forbidden')
    assert.match(problem.detail, /lets nobody read .* without an access token, and none is kept for it/)
    assert.match(problem.way_out, /Settings/)
  })

  it('P-4 a wrong token is said to be the wrong one, and is not repeated', async () => {
    await set('wrong-token')
    const { problem } = await client.refused('POST', '/v2/projects/plan', { name: 'web', source: source('team/app', 'v1') })
    assert.match(problem.detail, /does not take the access token that is kept/)
    assert.doesNotMatch(JSON.stringify(problem), /wrong-token/)
  })

  it('P-4 the token is set from a pipe, listed without itself, and no argument of anything', async () => {
    const env = { ...process.env, SEALDOCK_URL: sealdock.url, SEALDOCK_TOKEN: client.token, HOME: inData(sealdock, 'home') }
    const said = await new Promise((resolve) => {
      const child = execFile(SEALDOCK, ['git', 'add', host.place, '--username', 'bot'], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, stdout, stderr }))
      child.stdin.end(`${TOKEN}\n`)
    })
    assert.deepEqual(said, { code: 0, stdout: `${host.place} opens to \`bot\`.\n`, stderr: '' })
    const list = await client.cli('git', 'list')
    assert.match(list.stdout, new RegExp(`${host.place} +bot`))
    assert.equal((await client.get('/v2/credentials')).items.length, 1, 'it replaced the wrong one')
    assert.doesNotMatch(list.stdout + JSON.stringify(await client.get('/v2/credentials')), new RegExp(TOKEN))
  })

  it('P-4 with its token it is cloned, built and served, and nobody who looks sees the token', async () => {
    host.delayMs = 150
    const watch = watching(TOKEN)
    const view = await client.live('web', source('team/app', 'v1'))
    const { seen, looked } = await watch.stop()
    host.delayMs = 0
    installation = await client.installation(view.summary.id)
    await served(sealdock, new URL(view.urls[0]).hostname, 'v1')
    assert.ok(looked.some((name) => name.includes('git')), 'it was looked at while git ran')
    assert.deepEqual(seen, [], 'no command line and no environment holds the token')
    for (const { stream } of view.jobs) assert.doesNotMatch(await client.log(stream), new RegExp(TOKEN))
    assert.doesNotMatch(sealdock.output.join('\n'), new RegExp(TOKEN))
    assert.doesNotMatch(JSON.stringify(await client.get('/v2/events')), new RegExp(TOKEN))
  })

  it('P-4 X-15 it lies nowhere in clear, and the files it was lent in are gone', async () => {
    // What looks at a finished deployment has files there for a moment too.
    await eventually('the scratch directory is empty', async () => (await readdir(inData(sealdock, 'scratch'))).length === 0)
    const grep = await command('grep', ['--recursive', '--files-with-matches', '--binary-files=text', TOKEN, sealdock.data])
      .then((found) => found, ({ code }) => code)
    assert.equal(grep, 1, 'grep found nothing')
  })

  it('P-4 submodules come along when sealdock.yml asks for them', async () => {
    await app.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '--force', '--', lib.url, 'lib')
    await app.git('config', '--file', '.gitmodules', 'submodule.lib.url', '../lib.git')
    await release('with-submodule', `source: {submodules: true}\n${CONFIG}`, {
      Dockerfile: dockerfile().replace('COPY hello version /', 'COPY hello lib/version /'),
    })
    const { items: [{ environment }] } = await client.get('/v2/deployments')
    const view = await client.updated(environment, { source: source('team/app', 'with-submodule') })
    await served(sealdock, new URL(view.urls[0]).hostname, 'from the submodule')
    const clone = view.jobs.find(({ kind }) => kind === 'DownloadRepoJob')
    assert.match(await client.log(clone.stream), /Submodule lib: http:.*\/team\/lib\.git at \w{7}\./)
  })

  it('P-4 large files come along when sealdock.yml asks for them', async (t) => {
    if (!await command('git', ['lfs', 'version']).catch(() => null)) return t.skip('no git-lfs')
    await release('with-lfs', `source: {lfs: true}\n${CONFIG}`, {
      Dockerfile: dockerfile(), version: host.pointer('from large files\n'),
    })
    const { items: [{ environment }] } = await client.get('/v2/deployments')
    const view = await client.updated(environment, { source: source('team/app', 'with-lfs') })
    await served(sealdock, new URL(view.urls[0]).hostname, 'from large files')
  })

  it('P-4 a commit that a force push removed is said to be gone', async () => {
    const lost = '7'.repeat(40)
    const wanted = { kind: 'git', url: host.url('team/app'), revision: { kind: 'commit', name: lost } }
    const { problem } = await client.refused('POST', '/v2/projects/plan', { name: 'lost', source: wanted })
    assert.match(problem.detail, /has no commit 7{7}/)
    assert.match(problem.way_out, /force push/)
  })

  it('X-11 a token is for its own path of the host, and goes when it is removed', async () => {
    await client.cli('git', 'remove', host.place)
    await set(TOKEN, `${host.place}/other`)
    // What was listed less than 3 s ago is not asked for again.
    await new Promise((resolve) => setTimeout(resolve, 3_200))
    const { problem } = await client.refused('GET', `/v2/repository?url=${encodeURIComponent(host.url('team/app'))}`)
    assert.equal(problem.code, 'git_forbidden')
  })

  async function release(tag, config, files) {
    await app.release({ tag, config, files })
    await host.publish(app, 'team/app')
  }
})

describe('private images', { skip, concurrency: 1 }, () => {
  let sealdock, client, registry, installation, reference
  const local = `sealdock-e2e-private:${process.pid}`

  before(async () => {
    registry = await Registry.start({ username: 'bot', password: PASSWORD })
    if (!registry) return
    await buildImage(local, { version: 'from the registry' })
    reference = await registry.push(local, 'team/app:7')
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await registry?.stop()
    if (reference) await removeImage(reference)
    if (installation) await sweep(installation)
  })

  const set = (secret) => client.post('/v2/credentials', { kind: 'registry', place: registry.host, username: 'bot', secret })
  const failed = async (name) => {
    const { summary } = await client.create(name, image(reference, false), { health: { path: '/health' } })
    return (await client.until(summary.id, 'failed')).summary.sentence
  }

  it('I-16 without a credential the deployment says what is missing', async (t) => {
    if (!registry) return t.skip('no docker-registry')
    assert.match(await failed('none'), /does not give .* to everybody .*no credential is kept for it/)
  })

  it('I-16 a wrong password is said to be wrong', async (t) => {
    if (!registry) return t.skip('no docker-registry')
    await set('guessed')
    assert.match(await failed('wrong'), /does not give .* to `bot`/)
  })

  it('I-16 with the right one it is pulled and served, and its digest is kept', async (t) => {
    if (!registry) return t.skip('no docker-registry')
    await set(PASSWORD)
    const view = await client.live('web', image(reference, false), { health: { path: '/health' }, drain_s: 0 })
    installation = await client.installation(view.summary.id)
    await served(sealdock, new URL(view.urls[0]).hostname, 'from the registry')
    assert.match(view.artifact.pulled_as, new RegExp(`^${registry.host}/team/app@sha256:[0-9a-f]{64}$`))
    for (const { stream } of view.jobs) assert.ok(!(await client.log(stream)).includes(PASSWORD))
    assert.ok(!sealdock.output.join('\n').includes(PASSWORD))
  })

  it('I-16 a build begins with a private image', async (t) => {
    if (!registry) return t.skip('no docker-registry')
    await buildImage(local, { version: 'base' })
    const base = await registry.push(local, 'team/base:1')
    const repository = await Repository.of({
      Dockerfile: `FROM ${base}\nCOPY version /version\n`, version: 'on a private base\n', 'sealdock.yml': CONFIG,
    })
    try {
      const view = await client.live('built', git(repository, 'v1'))
      await served(sealdock, new URL(view.urls[0]).hostname, 'on a private base')
    } finally {
      await repository.remove()
      await removeImage(base)
    }
  })

  it('I-16 the command line lists and removes it', async (t) => {
    if (!registry) return t.skip('no docker-registry')
    assert.match((await client.cli('registry', 'list')).stdout, new RegExp(`${registry.host} +bot`))
    assert.equal((await client.cli('registry', 'remove', registry.host)).code, 0)
    assert.deepEqual((await client.get('/v2/credentials')).items, [])
  })
})

/** Looks at every process's command line and environment, over and over. */
function watching(secret) {
  const [seen, looked] = [new Set(), new Set()]
  let going = true
  const done = (async () => {
    while (going) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
        const read = (name) => readFile(join('/proc', pid, name), 'latin1').catch(() => '')
        const argv = await read('cmdline')
        if (/(^|\/)git/.test(argv)) looked.add(argv.replaceAll('\0', ' '))
        for (const text of [argv, await read('environ')]) if (text.includes(secret)) seen.add(argv.replaceAll('\0', ' '))
      }
      await sleep(2)
    }
  })()
  return {
    async stop() {
      going = false
      await done
      return { seen: [...seen], looked: [...looked] }
    },
  }
}
