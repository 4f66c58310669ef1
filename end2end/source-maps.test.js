// Source maps of a published site (P-3, P-11): a bundle that a real tool minified throws in Node, and
// what Node writes about it comes back with the lines that a person wrote.

import assert from 'node:assert/strict'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { after, before, describe, it } from 'node:test'
import { tarGz } from './lib/archive.js'
import { ask, bundle, Client, git, inData, served } from './lib/client.js'
import { dockerfile, engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { freshDirectory } from './lib/places.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const FIXTURE = join(import.meta.dirname, 'fixtures', 'minified')
const FINAL = ['Success', 'Failure', 'Cancelled', 'Skipped']
const PAGE = '<!doctype html><title>Shop</title><script src="/assets/main.js"></script>'

describe('source maps of a site', { concurrency: 1 }, () => {
  let sealdock, client, folder, script, map, live

  before(async () => {
    folder = await freshDirectory('traces')
    script = await readFile(join(FIXTURE, 'assets', 'main.js'), 'utf8')
    map = await readFile(join(FIXTURE, 'assets', 'main.js.map'))
    sealdock = await Sealdock.start({ args: ['--runtime', 'fake'] }) // It needs no Engine.
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await rm(folder, { recursive: true, force: true })
  })

  const publish = async (name, files) => {
    const sent = await client.upload(`${name}.tar.gz`, tarGz(files))
    return client.live(name, bundle(sent))
  }
  const captured = (id) => eventually('source maps were looked for', async () => {
    const { jobs } = await client.deployment(id)
    const job = jobs.find(({ kind }) => kind === 'CaptureSourceMapsJob')
    return FINAL.includes(job.status) && job
  })

  /** What Node writes when the bundle, loaded from that address, throws. */
  const thrown = (address) => {
    runInThisContext(script, { filename: address })
    try {
      globalThis.checkout()
    } catch (error) {
      return error.stack
    }
    throw new Error('the bundle did not throw')
  }

  it('P-11 the job keeps the maps that the site has, and leaves them where they are', async () => {
    live = await publish('shop', { 'index.html': PAGE, 'assets/main.js': script, 'assets/main.js.map': map })
    const job = await captured(live.summary.id)
    assert.equal(job.status, 'Success', job.error)
    const { items } = await client.get(`/v2/deployments/${live.summary.id}/source-maps`)
    assert.deepEqual(items.map(({ path, size_bytes }) => [path, size_bytes]), [['assets/main.js.map', map.length]])
    await served(sealdock, 'shop.localhost', PAGE, { path: '/' })
    assert.deepEqual((await ask(sealdock, 'shop.localhost', '/assets/main.js.map')).bytes, map)
    assert.match(await client.log(job.stream), /served to visitors too/)
  })

  it('P-11 a real stack trace leads to the file, the line and the function that a person wrote', async () => {
    const text = thrown('http://shop.localhost:8080/assets/main.js')
    const source = await readFile(join(FIXTURE, 'src', 'basket.ts'), 'utf8')
    const line = source.split('\n').findIndex((one) => one.includes('throw new Error')) + 1
    const trace = await client.post(`/v2/deployments/${live.summary.id}/stack-trace`, { text })
    const { original } = trace.lines.find((one) => one.original)
    assert.deepEqual([original.file, original.line, original.function], ['../src/basket.ts', line, 'priceOf'])
    assert.match(original.source.find(({ number }) => number === line).text, /has no price/)
    const files = trace.lines.flatMap((one) => one.original?.file ?? [])
    assert.ok(files.includes('../src/main.ts'), files)
    assert.ok(trace.decoded < trace.frames, 'frames of Node itself are nobody\'s here, and say so')
  })

  it('P-11 the command line says the same', async () => {
    const text = thrown('http://shop.localhost:8080/assets/main.js')
    const file = join(folder, 'trace.txt')
    await writeFile(file, text)
    const { code, stdout, stderr } = await client.cli('stack-trace', 'shop', file)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /at priceOf \(\.\.\/src\/basket\.ts:10:11\)/)
    assert.match(stdout, />\s+10 \|.*has no price/)
  })

  it('P-11 a text that is no stack trace is refused, and so is one that is too long', async () => {
    const path = `/v2/deployments/${live.summary.id}/stack-trace`
    const refused = await client.refused('POST', path, { text: 'it broke' })
    assert.deepEqual([refused.status, refused.problem.place], [422, 'text'])
    assert.equal((await client.refused('POST', path, { text: 'x'.repeat(50_001) })).status, 422)
  })

  it('P-11 a site without maps is skipped, and says why', async () => {
    const { summary } = await publish('plain', { 'index.html': PAGE, 'a.js.map': 'no map' })
    const job = await captured(summary.id)
    assert.equal(job.status, 'Skipped')
    assert.match(job.error, /carries no source maps/)
    assert.match(await client.log(job.stream), /a\.js\.map is no source map/)
    const trace = await client.post(`/v2/deployments/${summary.id}/stack-trace`, { text: thrown('/assets/main.js') })
    assert.equal(trace.decoded, 0)
  })

  it('P-11 a delete takes the maps along', async () => {
    const kept = inData(sealdock, 'source-maps', live.summary.id)
    await access(kept)
    await client.delete(live.summary.project, 'shop')
    await client.gone(live.summary.project)
    await assert.rejects(access(kept))
  })
})

const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('source maps of an image', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, view

  before(async () => {
    repository = await Repository.make({ tag: 'v1' })
    const [assets, foreign] = [join(repository.path, 'assets'), join(repository.path, 'assets', 'node_modules')]
    await mkdir(foreign, { recursive: true })
    const map = await readFile(join(FIXTURE, 'assets', 'main.js.map'))
    await writeFile(join(assets, 'main.js.map'), map)
    await writeFile(join(foreign, 'other.js.map'), map)
    await repository.release({ tag: 'v2', files: { Dockerfile: dockerfile().replace('USER', 'COPY assets /srv/assets\nUSER') } })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await repository?.remove()
    if (installation) await sweep(installation)
  })

  it('P-11 the maps of the built image are read out of it, and those of its dependencies are not', async () => {
    view = await client.live('shop', git(repository, 'v2'), { drain_s: 0 })
    const { id } = view.summary
    installation = await client.installation(id)
    const { items } = await eventually('source maps were looked for', async () => {
      const page = await client.get(`/v2/deployments/${id}/source-maps`)
      return page.items.length > 0 && page
    })
    assert.deepEqual(items.map(({ path }) => path), ['srv/assets/main.js.map'])
    const text = 'Error\n    at c (https://shop.example/assets/main.js:1:86)'
    const { lines } = await client.post(`/v2/deployments/${id}/stack-trace`, { text })
    assert.deepEqual([lines[1].original.file, lines[1].original.line], ['../src/basket.ts', 10])
    await client.delete(view.summary.project, 'shop')
    await client.gone(view.summary.project)
  })
})
