/* forwhomd as a test sees it: a process with a data folder of its own on a port of its own, that can be killed and started again. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { check, until } from './harness.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
export const BUILD = process.env.BUILD_DIR ?? `${root}build`
const program = `${BUILD}/forwhomd`

const STOP_MS = 5_000

export const password = 'a few words in a row'

export class Server {
	port = 0
	said = ''
	#process = null

	constructor(data, args) {
		this.data = data
		this.args = args
	}

	static async start(bag, { args = [] } = {}) {
		const server = bag.keep(new Server(bag.folder(), args), (s) => s.stop())
		await server.start()
		return server
	}

	get origin() {
		return `http://localhost:${this.port}`
	}

	/** Starts it, the second time at the port of the first, and waits until it answers. */
	async start() {
		this.said = ''
		const child = spawn(program, ['--data', this.data, '--listen', `127.0.0.1:${this.port}`, ...this.args], { stdio: ['ignore', 'pipe', 'pipe'] })
		this.#process = child
		child.on('error', (error) => (this.said += `${error}\n`))
		for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.said += text))
		const found = await until('the server says where it listens', () => {
			check(this.runs, 'the server ended', this.said)
			return /http:\/\/localhost:(\d+)/.exec(this.said)
		})
		this.port = Number(found[1])
		await until('the server answers', async () => (await fetch(`${this.origin}/healthz`)).ok)
	}

	/** The one-time link it printed at its first start. */
	get invite() {
		const found = /#\/invite\/([\w-]{43})/.exec(this.said)
		check(found, 'the server prints the instructor’s link', this.said)
		return found[1]
	}

	/** One more instructor's link, from the running server. */
	async newInvite() {
		const { stdout } = await promisify(execFile)(program, ['admin', 'invite', '--data', this.data])
		return /#\/invite\/([\w-]{43})/.exec(stdout)[1]
	}

	get runs() {
		return this.#process?.pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
	}

	/** Stops it in mid-step: what is sent from now on reaches its machine, and nobody answers. */
	freeze() {
		this.#process.kill('SIGSTOP')
	}

	async kill(signal = 'SIGKILL') {
		const child = this.#process
		if (!this.runs) return
		const ended = once(child, 'exit')
		child.kill(signal)
		await ended
	}

	/** Asks it to stop, which it promises to do within five seconds. */
	async stop() {
		if (!this.runs) return
		this.#process.kill('SIGCONT')
		let late = false
		const timer = setTimeout(() => {
			late = true
			this.#process.kill('SIGKILL')
		}, STOP_MS)
		await this.kill('SIGTERM')
		clearTimeout(timer)
		check(!late, `the server stops within ${STOP_MS} ms`, this.said)
	}

	/** Opens a class over HTTP, as a program would: what the test is not about. Returns {code, session}. */
	async newClass({ name = 'Dr Kwarteng', ...about } = {}) {
		const post = async (path, body, session) => {
			const answer = await fetch(this.origin + path, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json', ...(session && { Authorization: `Bearer ${session}` }) },
				body: JSON.stringify(body),
			})
			const value = await answer.json()
			check(answer.ok, path, value)
			return value
		}
		this.session ??= (await post('/api/invite', { invite: this.invite, name, password })).session
		this.instructor ??= name
		const { code } = await post('/api/classes', { title: 'Class of the test', ...about }, this.session)
		return code
	}

	link(code) {
		return `${this.origin}/#/${code.slice(0, 3)}-${code.slice(3)}`
	}
}
