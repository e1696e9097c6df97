/* The terminal client in a real terminal: a window of tmux, on a tmux server of its own. */
import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { check, until } from './harness.mjs'
import { BUILD } from './server.mjs'

const run = promisify(execFile)
const program = `${BUILD}/forwhom`
let made = 0

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`

function environment(home) {
	return { HOME: home, XDG_CONFIG_HOME: `${home}/.config`, PATH: process.env.PATH, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }
}

/** Runs a command of the terminal client, as a script would; `input` is its standard input. Returns {code, stdout, stderr}. */
export function command(home, args, input = '') {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { env: environment(home) })
		const said = { stdout: '', stderr: '' }
		for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text))
		child.on('error', reject)
		child.on('close', (code) => resolve({ code, ...said }))
		child.stdin.on('error', () => {})
		child.stdin.end(input)
	})
}

export class Terminal {
	constructor(home) {
		this.home = home
		this.socket = `forwhom-${process.pid}-${++made}`
	}

	/** A window of `columns` × `rows` in which the program runs with these arguments. */
	static async open(bag, { home = bag.folder(), args, columns = 80, rows = 24 }) {
		const terminal = bag.keep(new Terminal(home), (t) => t.close())
		terminal.size = { columns, rows }
		await terminal.start(args)
		return terminal
	}

	#tmux(...args) {
		return run('tmux', ['-u', '-L', this.socket, '-f', '/dev/null', ...args], { env: { ...environment(this.home), TERM: 'xterm-256color' } })
	}

	async start(args) {
		const { columns, rows } = this.size
		const line = [program, ...args].map(quote).join(' ')
		await this.#tmux(
			...['set-option', '-g', 'default-terminal', 'tmux-256color', ';'],
			...['set-option', '-g', 'status', 'off', ';'],
			...['set-option', '-g', 'remain-on-exit', 'on', ';'],
			...['set-option', '-g', 'window-size', 'manual', ';'],
			...['set-option', '-s', 'escape-time', '0', ';'],
			...['new-session', '-d', '-s', 'it', '-x', String(columns), '-y', String(rows), `exec ${line}`],
		)
	}

	/** Runs the program again in the same window. */
	async again(args) {
		await this.#tmux('respawn-pane', '-k', '-t', 'it', `exec ${[program, ...args].map(quote).join(' ')}`)
	}

	async screen() {
		return (await this.#tmux('capture-pane', '-p', '-t', 'it')).stdout
	}

	/** Waits until the screen shows a text or matches a pattern. Words that a line end parts are found too. */
	async sees(wanted, patience_ms) {
		let last = ''
		try {
			return await until(`the terminal shows ${wanted}`, async () => {
				last = await this.screen()
				return wanted instanceof RegExp ? wanted.test(last) : last.includes(wanted)
			}, patience_ms)
		} catch (error) {
			throw new Error(`${error.message}; it shows\n${last}`)
		}
	}

	async seesNot(unwanted) {
		let last = ''
		try {
			await until(`the terminal does not show ${unwanted}`, async () => {
				last = await this.screen()
				return !(unwanted instanceof RegExp ? unwanted.test(last) : last.includes(unwanted))
			})
		} catch (error) {
			throw new Error(`${error.message}; it shows\n${last}`)
		}
	}

	/** Keys by tmux's names: Enter, Escape, C-s, Down … */
	async keys(...names) {
		await this.#tmux('send-keys', '-t', 'it', ...names)
	}

	async type(text) {
		await this.#tmux('send-keys', '-t', 'it', '-l', text)
	}

	async resize(columns, rows) {
		await this.#tmux('resize-window', '-t', 'it', '-x', String(columns), '-y', String(rows))
	}

	async pid() {
		return Number((await this.#tmux('list-panes', '-t', 'it', '-F', '#{pane_pid}')).stdout)
	}

	async isOver() {
		return (await this.#tmux('list-panes', '-t', 'it', '-F', '#{pane_dead}')).stdout.trim() === '1'
	}

	async kill() {
		const pid = await this.pid()
		check(pid > 1, 'the terminal client runs')
		process.kill(pid, 'SIGKILL')
		await until('the terminal client is dead', () => this.isOver())
	}

	async close() {
		await this.#tmux('kill-server').catch(() => {})
	}
}
