// Repositories without a Dockerfile: known by their files before anything is cloned, shown in the
// plan, built by a preset, and served; plain files without an Engine.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { leftOfAll, nothingRemains } from './faults/world.js'
import { zip } from './lib/archive.js'
import { goImage, nodeImage, pythonImage, removeBase, RUST_TARGET, rustImage } from './lib/base-image.js'
import { ask, Client, git, imagesOf, inData, served } from './lib/client.js'
import { command, lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const json = (value) => JSON.stringify(value, null, 2)
/** Up to completion; what comes after is the same for all. */
const kinds = ({ jobs }) => {
  const all = jobs.map(({ kind }) => kind)
  return all.slice(0, all.indexOf('MarkDeploymentCompleteJob') + 1)
}
const jobLog = (client, view, kind) => client.log(view.jobs.find((job) => job.kind === kind).stream)

describe('a repository of plain files', { concurrency: 1 }, () => {
  let sealdock, client, repository, view

  before(async () => {
    repository = await Repository.of({
      'index.html': '<p>plain</p>',
      'assets/app.js': 'console.log(1)\n',
      'sealdock.yml': 'spa: true\n',
      '.env': 'KEY=secret\n',
    })
    sealdock = await Sealdock.start({ args: ['--runtime', 'fake'] }) // It needs no Engine.
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await repository?.remove()
  })

  it('P-6 the plan says what was found, over the API and on the command line', async () => {
    const plan = await client.post('/v2/projects/plan', { name: 'plain', source: git(repository) })
    assert.equal(plan.build.preset, 'static')
    assert.equal(plan.build.why, 'index.html, and nothing to build')
    assert.equal(plan.build.dockerfile, null)
    const { stderr, stdout } = await client.cli('deploy', '--git', repository.url, '--name', 'plain', '--plan')
    assert.match(stderr + stdout, /built as Static files: index\.html, and nothing to build\n\s+serve: \./)
  })

  it('P-6 it is cloned and published: no image, and nothing of the team', async () => {
    view = await client.live('plain', git(repository))
    assert.deepEqual(kinds(view), ['DownloadRepoJob', 'DeployStaticJob', 'MarkDeploymentCompleteJob'])
    await served(sealdock, 'plain.localhost', '<p>plain</p>', { path: '/' })
    assert.equal((await ask(sealdock, 'plain.localhost', '/assets/app.js')).body, 'console.log(1)\n')
    // `spa: true` of the file holds: what is not there is the page, and never the team's own files.
    for (const path of ['/sealdock.yml', '/.env', '/deep/link']) {
      const answer = await ask(sealdock, 'plain.localhost', path)
      assert.doesNotMatch(answer.body, /secret|spa:/, path)
    }
    assert.match(await jobLog(client, view, 'DeployStaticJob'), /2 files/)
    assert.equal(view.artifact.kind, 'static')
  })

  it('P-6 an update and a broken one: the old files are served', async () => {
    await repository.commit({ 'index.html': '<p>second</p>' }, 'v2')
    await client.updated(view.summary.environment, { source: git(repository, 'v2') })
    await served(sealdock, 'plain.localhost', '<p>second</p>', { path: '/' })
    await repository.commit({ 'index.html': 'x', 'sealdock.yml': 'build: {preset: static, output: public}\n' }, 'v3')
    const { summary } = await client.update(view.summary.environment, { source: git(repository, 'v3') })
    const failed = await client.until(summary.id, 'failed')
    assert.match(failed.summary.sentence, /no index\.html in `public`.*`build\.output`/)
    await served(sealdock, 'plain.localhost', '<p>second</p>', { path: '/' })
  })

  it('P-6 what is wrong in a repository is refused with its place, and nothing is written', async () => {
    await repository.commit({ 'README.md': 'nothing' }, 'nothing')
    await repository.commit({ 'web/package.json': '{\n "scripts": {,}\n}', 'sealdock.yml': 'build: {root: web}\n' }, 'broken')
    const plan = (tag) => client.refused('POST', '/v2/projects/plan', { name: 'other', source: git(repository, tag) })
    const nothing = await plan('nothing')
    assert.equal(nothing.problem.code, 'nothing_to_build')
    assert.match(nothing.problem.detail, /`Dockerfile`, `next\.config\.\*`, .*`index\.html`/)
    assert.match(nothing.problem.way_out, /`build\.root`.*`build\.preset`/)
    const broken = await plan('broken')
    assert.match(broken.problem.place, /^web\/package\.json at [0-9a-f]{7}, line 2, column 14$/)
    const typo = { name: 'other', source: git(repository, 'v2'), config: { build: { preset: 'statik' } } }
    assert.equal((await client.refused('POST', '/v2/projects/plan', typo)).status, 422)
  })

  it('P-6 deleted, it leaves no file', async () => {
    await client.delete(view.summary.project, 'plain')
    await client.gone(view.summary.project)
    assert.deepEqual(await readdir(inData(sealdock, 'sites')), [])
  })
})

const NODE = `sealdock-e2e-node:${process.pid}`
const PYTHON = `sealdock-e2e-python:${process.pid}`
const SERVER = `require('node:http').createServer((_, answer) => {
  const { PORT, MADE } = { ...process.env, ...require('./made.json') }
  answer.end(JSON.stringify({ port: PORT, made: MADE, user: process.getuid(), env: process.env.NODE_ENV }))
}).listen(process.env.PORT)
process.on('SIGTERM', () => process.exit(0))
`
const RUST = `sealdock-e2e-rust:${process.pid}`
const GO = `sealdock-e2e-go:${process.pid}`
const GREETER = `use std::io::{BufRead, BufReader, Write};

fn main() {
    let port = std::env::var("PORT").expect("a port");
    let listener = std::net::TcpListener::bind(format!("0.0.0.0:{port}")).expect("it listens");
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let lines: Vec<_> = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
        let path = lines.first().and_then(|l| l.split(' ').nth(1)).unwrap_or("nothing");
        let body = format!("compiled, and asked for {path}");
        let _ = write!(stream, "HTTP/1.1 200 OK\\r\\nContent-Length: {}\\r\\nConnection: close\\r\\n\\r\\n{body}", body.len());
    }
}
`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('repositories that presets build', { skip, concurrency: 1 }, () => {
  let sealdock, client, python, rust, go, installation
  const repositories = []

  before(async () => {
    await nodeImage(NODE)
    python = await pythonImage(PYTHON)
    rust = await rustImage(RUST)
    go = await goImage(GO)
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    for (const repository of repositories) await repository.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await removeBase(NODE)
    await removeBase(PYTHON)
    await removeBase(RUST)
    await removeBase(GO)
  })

  /** The files of a folder beside this test, by their paths in it. */
  async function files(folder) {
    const root = new URL(`${folder}/`, import.meta.url)
    const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const paths = entries.map((entry) => relative(fileURLToPath(root), join(entry.parentPath, entry.name)))
    return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(new URL(path, root), 'utf8')])))
  }

  async function made(files, tag) {
    const repository = await Repository.of(files, tag)
    repositories.push(repository)
    return repository
  }

  async function deleted(view, deployments) {
    const { project, environment, project_name: name } = view.summary
    await client.delete(project, name)
    await client.gone(project)
    await nothingRemains(sealdock, { environment, deployments })
  }

  it('P-6 Node: installed, built, run by a user that is not root; then static files take its place, and back', async () => {
    const manifest = {
      name: 'app', version: '1.0.0',
      scripts: { build: 'node make.js', start: 'node server.js' },
    }
    const lock = { name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true, packages: { '': { name: 'app', version: '1.0.0' } } }
    const repository = await made({
      'package.json': json(manifest), 'package-lock.json': json(lock), 'server.js': SERVER,
      'make.js': `require('node:fs').writeFileSync('made.json', JSON.stringify({ MADE: process.env.WHO }))\n`,
      'sealdock.yml': `port: 3000\nbuild:\n  args: { WHO: argument }\n  images: { node: '${NODE}' }\n`,
    })
    const plan = await client.post('/v2/projects/plan', { name: 'node', source: git(repository) })
    assert.deepEqual(
      [plan.build.preset, plan.build.why, plan.build.install, plan.build.build, plan.build.start],
      ['node', 'package.json has a start script', 'npm ci', 'npm run build', 'node server.js'],
    )
    assert.match(plan.build.dockerfile, /COPY package\.json package-lock\.json \.\/\nRUN npm ci\nCOPY \. \.\nRUN npm run build/)
    const view = await client.live('node', git(repository))
    installation = await client.installation(view.summary.id)
    assert.deepEqual(kinds(view), ['DownloadRepoJob', 'BuildImageJob', 'DeployImageJob', 'MarkDeploymentCompleteJob'])
    await served(sealdock, 'node.localhost', '{"port":"3000","made":"argument","user":1000,"env":"production"}', { path: '/' })
    const log = await jobLog(client, view, 'BuildImageJob')
    assert.match(log, /Node\.js: package\.json has a start script\./)
    assert.match(log, /Nixpacks is not used: /)

    await repository.commit({ 'index.html': 'files' }, 'v2')
    const { environment } = view.summary
    const files = await client.updated(environment, { source: git(repository, 'v2') })
    await served(sealdock, 'node.localhost', 'files', { path: '/' })
    const back = await client.updated(environment, { source: git(repository, 'v1') })
    await served(sealdock, 'node.localhost', '{"port":"3000","made":"argument","user":1000,"env":"production"}', { path: '/' })
    await deleted(view, [view, files, back].map(({ summary }) => summary.id))
  })

  it('P-6 Next.js: installed from the registry, built, and rendering', async (t) => {
    const asked = await command('docker', ['run', '--rm', NODE, 'npm', 'ping', '--fetch-retries=0', '--fetch-timeout=10000']).catch((error) => error)
    if (asked instanceof Error) return t.skip('no container reaches the npm registry')
    const repository = await made({
      ...(await files('fixtures/next')),
      'sealdock.yml': `port: 3000\nbuild:\n  memory: 2GiB\n  images: { node: '${NODE}' }\nresources: { memory: 512MiB }\nhealth: { path: / }\n`,
    })
    const plan = await client.post('/v2/projects/plan', { name: 'next', source: git(repository) })
    assert.deepEqual(
      [plan.build.preset, plan.build.install, plan.build.build, plan.build.start],
      ['nextjs', 'npm ci', 'npm run build', 'next start'],
    )
    const view = await client.live('next', git(repository))
    const { body } = await ask(sealdock, 'next.localhost', '/')
    assert.match(body.replaceAll('<!-- -->', ''), /<p>rendered on port 3000<\/p>/)
    assert.match(await jobLog(client, view, 'BuildImageJob'), /Next\.js 14/)
    await deleted(view, [view.summary.id])
  })

  it('P-6 Vite: built, its output taken out of the image and served without a container', async () => {
    const manifest = { scripts: { build: 'node make.js' } }
    const files = {
      'package.json': json(manifest),
      'vite.config.js': `export default {\n  build: { outDir: 'web/out' },\n}\n`,
      'make.js': `const fs = require('node:fs')
fs.mkdirSync('web/out/assets', { recursive: true })
fs.writeFileSync('web/out/index.html', '<p>' + process.version + '</p>')
fs.writeFileSync('web/out/assets/app.js', 'vite')
`,
    }
    const repository = await made(files)
    const config = { build: { images: { node: NODE } } }
    const view = await client.live('vite', git(repository), config)
    assert.deepEqual(kinds(view), ['DownloadRepoJob', 'BuildImageJob', 'DeployStaticJob', 'MarkDeploymentCompleteJob'])
    await served(sealdock, 'vite.localhost', `<p>${process.version}</p>`, { path: '/' })
    assert.equal((await ask(sealdock, 'vite.localhost', '/assets/app.js')).body, 'vite')
    assert.match((await ask(sealdock, 'vite.localhost', '/deep/link', { headers: { accept: 'text/html' } })).body, /<p>v/)
    assert.deepEqual([view.artifact.kind, view.instances], ['static', []])
    await eventually('the image that carried the files is gone', async () => (await imagesOf([view.summary.id])).length === 0)
    assert.deepEqual(await lines('docker', ['ps', '--all', '--quiet', '--filter', `name=sealdock-files-${view.summary.id}`]), [])

    await repository.commit({ ...files, 'vite.config.js': 'export default {}' }, 'v2')
    const { summary } = await client.update(view.summary.environment, { source: git(repository, 'v2') })
    const failed = await client.until(summary.id, 'failed')
    assert.match(failed.summary.sentence, /left no directory `dist`.*`build\.output`.*`build\.preset: node`/)
    await served(sealdock, 'vite.localhost', `<p>${process.version}</p>`, { path: '/' })
    await deleted(view, [view.summary.id, summary.id])
  })

  it('P-6 Python: a virtual environment with what requirements.txt names', async (t) => {
    if (!python) return t.skip('this machine\'s Python has no pip to give')
    const repository = await made({
      'requirements.txt': './wheels/greet-1.0-py3-none-any.whl\n',
      'wheels/greet-1.0-py3-none-any.whl': wheel('greet', 'HELLO = "from a wheel"\n'),
      'main.py': `import http.server, os
from greet import HELLO

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{HELLO} {os.getuid()} {self.path}".encode())

http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Page).serve_forever()
`,
    })
    const view = await client.live('python', git(repository), { build: { images: { python: PYTHON } } })
    await served(sealdock, 'python.localhost', 'from a wheel 65532 /x', { path: '/x' })
    assert.match(await jobLog(client, view, 'BuildImageJob'), /Python: the repository has `requirements\.txt`\./)
    await deleted(view, [view.summary.id])
  })

  it('P-6 Rust: what the package installs, and nothing else, runs', async (t) => {
    if (!rust) return t.skip(`this machine's Rust has no ${RUST_TARGET}`)
    const repository = await made({
      'Cargo.toml': '[package]\nname = "greeter"\nversion = "1.0.0"\nedition = "2021"\n',
      'Cargo.lock': 'version = 3\n\n[[package]]\nname = "greeter"\nversion = "1.0.0"\n',
      '.cargo/config.toml': `[build]\ntarget = "${RUST_TARGET}"\n[target.${RUST_TARGET}]\nlinker = "rust-lld"\nrustflags = ["-Clink-self-contained=yes"]\n`,
      'src/main.rs': GREETER,
      'sealdock.yml': `build:\n  images: { rust: '${RUST}', run: '${NODE}' }\n`,
    })
    const plan = await client.post('/v2/projects/plan', { name: 'rust', source: git(repository) })
    assert.deepEqual(
      [plan.build.preset, plan.build.why, plan.build.build, plan.build.start],
      ['rust', 'the repository has `Cargo.toml`', 'cargo install --locked --path . --root /out', 'greeter'],
    )
    const view = await client.live('rust', git(repository))
    await served(sealdock, 'rust.localhost', 'compiled, and asked for /x', { path: '/x' })
    assert.match(await jobLog(client, view, 'BuildImageJob'), /Installing greeter v1\.0\.0/)
    await deleted(view, [view.summary.id])
  })

  it('P-6 Go: the one program beside go.mod', async (t) => {
    if (!go) return t.skip('this machine has no Go')
    const repository = await made({
      'go.mod': 'module example.invalid/greeter\n\ngo 1.19\n',
      'main.go': `package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	listener, err := net.Listen("tcp", ":"+os.Getenv("PORT"))
	for err == nil {
		connection, _ := listener.Accept()
		line, _ := bufio.NewReader(connection).ReadString('\\n')
		body := "gone to " + strings.Fields(line)[1]
		fmt.Fprintf(connection, "HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n%s", len(body), body)
		connection.Close()
	}
}
`,
      'sealdock.yml': `build:\n  images: { go: '${GO}', run: '${NODE}' }\n`,
    })
    const plan = await client.post('/v2/projects/plan', { name: 'go', source: git(repository) })
    assert.deepEqual(
      [plan.build.preset, plan.build.why, plan.build.install, plan.build.build, plan.build.start],
      ['go', 'the repository has `go.mod`', 'go mod download', 'go build -trimpath -o /out/bin/app .', 'app'],
    )
    const view = await client.live('go', git(repository))
    await served(sealdock, 'go.localhost', 'gone to /x', { path: '/x' })
    await deleted(view, [view.summary.id])
  })

  it('P-6 a Dockerfile wins over everything beside it', async () => {
    const beside = { 'package.json': '{ this is not JSON', 'index.html': 'no' }
    const repository = await Repository.make({ tag: 'dockerfile', env: { HELLO_QUIET: '1' }, files: beside })
    repositories.push(repository)
    const plan = await client.post('/v2/projects/plan', { name: 'own', source: git(repository) })
    assert.deepEqual([plan.build.preset, plan.build.dockerfile], ['dockerfile', null])
    const view = await client.live('own', git(repository))
    await served(sealdock, 'own.localhost', 'dockerfile')
    await deleted(view, [view.summary.id])
  })

  it('P-6 nothing is left of any of them', async () => {
    assert.deepEqual(await leftOfAll(sealdock, installation), [])
  })
})

/** A wheel of one module, without a network. */
function wheel(name, source) {
  const info = `${name}-1.0.dist-info`
  return zip({
    [`${name}.py`]: source,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: `${name}.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  })
}
