// A static site: a directory or an archive, served by the data plane itself.

import assert from 'node:assert/strict'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, bundle, Client, inData, served } from './lib/client.js'
import { tarGz, zip } from './lib/archive.js'
import { eventually } from './lib/eventually.js'
import { freshDirectory } from './lib/places.js'
import { Sealdock } from './lib/sealdock.js'

const PAGE = (version) => `<!doctype html><title>Site</title><p>${version}</p>`
const HOST = 'site.localhost'

describe('a static site', { concurrency: 1 }, () => {
  let sealdock, client, folder, project, environment

  before(async () => {
    folder = await freshDirectory('site')
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), PAGE('v1'))
    await writeFile(join(folder, 'assets', 'app.js'), 'console.log("v1")\n')
    await writeFile(join(folder, 'assets', 'style.css'), 'p { color: green }\n')
    await writeFile(join(folder, 'assets', 'picture.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n')
    sealdock = await Sealdock.start({ args: ['--runtime', 'fake'] }) // It needs no Engine.
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await rm(folder, { recursive: true, force: true })
  })

  const page = (version) => served(sealdock, HOST, PAGE(version), { path: '/' })
  const sites = () => readdir(inData(sealdock, 'sites'))

  it('P-16 a directory is packed and sent by the command line, and served', async () => {
    const { code, stdout, stderr } = await client.cli('deploy', '--bundle', folder, '--name', 'site', '--yes', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await page('v1')
    const { items } = await client.get('/v2/deployments')
    ;({ project, environment } = items[0])
  })

  it('P-16 every file has its type, its length and an ETag that answers 304', async () => {
    const types = {
      '/': 'text/html', '/assets/app.js': 'text/javascript', '/assets/style.css': 'text/css', '/assets/picture.svg': 'image/svg+xml',
    }
    for (const [path, type] of Object.entries(types)) {
      const answer = await ask(sealdock, HOST, path)
      assert.equal(answer.status, 200, path)
      assert.ok(answer.headers['content-type'].startsWith(type), `${path}: ${answer.headers['content-type']}`)
      assert.equal(Number(answer.headers['content-length']), answer.bytes.length)
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      const again = await ask(sealdock, HOST, path, { headers: { 'if-none-match': answer.headers.etag } })
      assert.deepEqual([again.status, again.bytes.length], [304, 0], path)
    }
    assert.equal((await ask(sealdock, HOST, '/none.html')).status, 404)
    assert.equal((await ask(sealdock, HOST, '/../../sealdock.db')).status, 404)
    const part = await ask(sealdock, HOST, '/', { headers: { range: 'bytes=0-8' } })
    assert.deepEqual([part.status, part.body], [206, '<!doctype'])
  })

  it('P-16 a zip and a tar.gz of the next versions take over', async () => {
    for (const [name, version, pack] of [['site.zip', 'v2', zip], ['site.tar.gz', 'v3', tarGz]]) {
      const upload = await client.upload(name, pack({ 'index.html': PAGE(version) }))
      await client.updated(environment, { source: bundle(upload) })
      await page(version)
    }
    assert.equal((await ask(sealdock, HOST, '/assets/app.js')).status, 404)
  })

  it('P-16 a broken bundle is refused with a sentence, and v3 is served', async () => {
    const upload = await client.upload('site.zip', zip({ 'readme.txt': 'x' }))
    const { summary } = await client.update(environment, { source: bundle(upload) })
    const view = await client.until(summary.id, 'failed')
    assert.match(view.summary.sentence, /no index\.html at its top/)
    await page('v3')
  })

  it('P-16 it survives kill -9 of serve, and of the data plane', async () => {
    await sealdock.kill()
    await page('v3')
    process.kill(await sealdock.proxyPid(), 'SIGKILL')
    await sealdock.serve()
    await page('v3')
  })

  it('P-16 deleted, it leaves no directory and no upload', async () => {
    await client.delete(project, 'site')
    await client.gone(project)
    await eventually('no directory is left', async () => (await sites()).length === 0)
    assert.deepEqual(await readdir(inData(sealdock, 'uploads')), [])
    assert.equal((await ask(sealdock, HOST, '/')).status, 404)
  })
})
