// Base images for presets, made from this machine's own Node and Python: no registry is asked.

import { cp, mkdir, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { command, lines } from './command.js'
import { freshDirectory } from './places.js'

/** What every build step needs besides its language. */
const TOOLS = ['sh', 'env', 'mkdir', 'cat', 'ls']
const PATH = '/usr/local/bin:/usr/bin:/bin'

/** Whom this machine believes, so that what reaches a registry from here does so in a build too. */
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt'

/** Node and npm. */
export async function nodeImage(tag) {
  const npm = dirname(dirname(await which('npm')))
  await imported(tag, async (root) => {
    await addProgram(root, 'node', await which('node'))
    await cp(npm, join(root, npm), { recursive: true })
    await link(root, 'npm', join(npm, 'bin', 'npm-cli.js'))
    await addFile(root, TRUSTED)
  }, [`NODE_EXTRA_CA_CERTS=${TRUSTED}`])
}

/** Python with what `venv` and `pip` need; null where this machine's Python has no pip to give. */
export async function pythonImage(tag) {
  const facts = 'import sys, os, ensurepip; print(os.path.realpath(sys.executable)); print(os.path.dirname(os.__file__))'
  const told = await lines('python3', ['-c', facts]).catch(() => null)
  if (!told) return null
  const [program, library] = told
  await imported(tag, async (root) => {
    await addFile(root, program)
    await cp(library, join(root, library), { recursive: true, filter: isNeeded })
    await addLibraries(root, [program, ...(await modules(library))])
    for (const name of ['python', 'python3']) await link(root, name, program)
  })
  return tag
}

/** Rust for programs that need no C compiler: linked by the linker that comes with it, to no library. */
export async function rustImage(tag) {
  const [sysroot] = await lines('rustc', ['--print', 'sysroot'])
  const host = join(sysroot, 'lib', 'rustlib', 'x86_64-unknown-linux-gnu', 'bin', 'rust-lld')
  const target = join(sysroot, 'lib', 'rustlib', RUST_TARGET)
  if (!(await realpath(target).catch(() => null))) return null
  await imported(tag, async (root) => {
    const programs = ['rustc', 'cargo'].map((name) => join(sysroot, 'bin', name))
    for (const path of [...programs, host]) await addFile(root, path)
    await addLibraries(root, [...programs, host])
    // Where rustc looks for them: beside itself.
    for (const name of await readdir(join(sysroot, 'lib'))) {
      if (name.includes('.so')) await addFile(root, join(sysroot, 'lib', name))
    }
    await addTree(root, target)
    for (const program of programs) await link(root, program.slice(program.lastIndexOf('/') + 1), program)
  })
  return tag
}

/** Go without a C compiler; null where there is none. */
export async function goImage(tag) {
  const [home] = await lines('go', ['env', 'GOROOT']).catch(() => [])
  if (!home) return null
  const [library, source] = await Promise.all([realpath(home), realpath(join(home, 'src'))])
  await imported(tag, async (root) => {
    await addTree(root, library)
    await addTree(root, source)
    await addTree(root, join(dirname(source), 'pkg'))
    await addLibraries(root, [join(library, 'bin', 'go')])
    await link(root, 'go', join(library, 'bin', 'go'))
  }, ['CGO_ENABLED=0'])
  return tag
}

/** What its programs are made for. */
export const RUST_TARGET = 'x86_64-unknown-linux-musl'

const isNeeded = (path) => !/\/(site-packages|test|tests|idlelib|__pycache__|config-[^/]*)(\/|$)/.test(path)

async function modules(library) {
  const folder = join(library, 'lib-dynload')
  return (await readdir(folder)).filter((name) => name.endsWith('.so')).map((name) => join(folder, name))
}

async function imported(tag, fill, env = []) {
  const folder = await freshDirectory('base-image')
  const root = join(folder, 'root')
  try {
    await mkdir(join(root, 'usr', 'local', 'bin'), { recursive: true })
    await mkdir(join(root, 'tmp'), { recursive: true, mode: 0o1777 })
    for (const tool of [...TOOLS, 'rm']) await addProgram(root, tool, await which(tool))
    await mkdir(join(root, 'bin'), { recursive: true })
    await symlink('/usr/local/bin/sh', join(root, 'bin', 'sh'))
    await mkdir(join(root, 'usr', 'bin'), { recursive: true })
    await symlink('/usr/local/bin/env', join(root, 'usr', 'bin', 'env')).catch(() => {})
    await fill(root)
    const archive = join(folder, 'root.tar')
    await command('tar', ['--create', '--file', archive, '--owner=0', '--group=0', '--directory', root, '.'])
    const changes = [`PATH=${PATH}`, ...env].flatMap((value) => ['--change', `ENV ${value}`])
    await command('docker', ['import', ...changes, archive, tag])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Where a program really lies. */
export async function which(name) {
  for (const folder of process.env.PATH.split(':').concat('/bin', '/usr/bin')) {
    if (folder.includes('node_modules') || folder.includes('shims')) continue
    const found = await realpath(join(folder, name)).catch(() => null)
    if (found) return found
  }
  throw new Error(`${name} is not on this machine`)
}

export async function addProgram(root, name, program) {
  await cp(program, join(root, 'usr', 'local', 'bin', name), { dereference: true })
  await addLibraries(root, [program])
}

/** Under the very name that the loader looks for. */
export async function addLibraries(root, programs) {
  const told = await Promise.all(programs.map((program) => lines('ldd', [program]).catch(() => [])))
  const paths = told.flat().map((line) => /(\/\S+) \(0x/.exec(line)?.[1]).filter(Boolean)
  for (const path of new Set(paths)) await addFile(root, path)
}

export async function addFile(root, path) {
  await mkdir(join(root, dirname(path)), { recursive: true })
  await cp(path, join(root, path), { dereference: true, force: true })
}

/** A folder with everything in it, links as they are. */
export async function addTree(root, path, filter = () => true) {
  await cp(path, join(root, path), { recursive: true, verbatimSymlinks: true, filter })
}

async function link(root, name, to) {
  await symlink(to, join(root, 'usr', 'local', 'bin', name))
}

/** Takes a base image away, with every stage that was built on it. */
export async function removeBase(tag) {
  const layer = await bottom(tag).catch(() => null)
  if (!layer) return
  const stages = await lines('docker', ['image', 'ls', '--quiet', '--no-trunc', '--filter', 'dangling=true', '--filter', 'label=sealdock.stage=build'])
  for (const stage of stages) {
    if ((await bottom(stage).catch(() => null)) === layer) await command('docker', ['image', 'rm', '--force', stage]).catch(() => {})
  }
  await command('docker', ['image', 'rm', '--force', tag]).catch(() => {})
}

const bottom = (image) => command('docker', ['image', 'inspect', '--format', '{{index .RootFS.Layers 0}}', image])
