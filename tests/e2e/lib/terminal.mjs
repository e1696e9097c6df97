/* The terminal client in a real terminal: a window of tmux, on a tmux server of its own. */
import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
export async function command(home, args, input = '') {
	const child = begin(home, args)
	child.stdin.end(input)
	return child.ended
}

/** The same, still running: its standard input stays open, `ended` is what it comes to. */
export function begin(home, args) {
	const child = spawn(program, args, { env: environment(home) })
	const said = { stdout: '', stderr: '' }
	for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text))
	child.stdin.on('error', () => {})
	const ended = new Promise((resolve, reject) => {
		child.on('error', reject)
		child.on('close', (code) => resolve({ code, ...said }))
	})
	return { stdin: child.stdin, said, ended }
}

/** A pattern is looked for on the screen as it is, a text also where a line's end parts its words. */
const shows = (screen, wanted) => (wanted instanceof RegExp ? wanted.test(screen) : screen.replace(/\s+/g, ' ').includes(wanted))

export class Terminal {
	constructor(home) {
		this.home = home
		this.socket = `forwhom-${process.pid}-${++made}`
	}

	/** A window of `columns` × `rows` in which the program runs with these arguments. */
	static async open(bag, { home = bag.folder(), args, columns = 80, rows = 24 }) {
		const terminal = bag.keep(new Terminal(home), (t) => t.close())
		bag.show(async (path) => writeFileSync(`${path}-terminal.txt`, await terminal.screen()))
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
			...['start-server', ';'],
			...['set-option', '-g', 'default-terminal', 'tmux-256color', ';'],
			...['set-option', '-g', 'status', 'off', ';'],
			...['set-option', '-g', 'remain-on-exit', 'on', ';'],
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

	/** Waits until the screen shows a text or matches a pattern. */
	async sees(wanted, patience_ms) {
		let last = ''
		try {
			return await until(`the terminal shows ${wanted}`, async () => {
				last = await this.screen()
				return shows(last, wanted)
			}, patience_ms)
		} catch (error) {
			throw new Error(`${error.message}; it shows\n${last}`)
		}
	}

	/** Waits until each of the texts is there; spaces, emoji and the mark of the chosen post are left aside. */
	async shows(texts) {
		const bare = (text) => text.replace(/[\s▌]|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f/gu, '')
		let missing = texts
		await until('the terminal shows every text', async () => {
			const screen = bare(await this.screen())
			missing = texts.filter((text) => !screen.includes(bare(text)))
			return missing.length === 0
		}, 5000).catch(() => check(false, `the terminal shows ${texts.length - missing.length} of ${texts.length} texts`, missing))
	}

	async seesNot(unwanted) {
		let last = ''
		try {
			await until(`the terminal does not show ${unwanted}`, async () => {
				last = await this.screen()
				return !shows(last, unwanted)
			})
		} catch (error) {
			throw new Error(`${error.message}; it shows\n${last}`)
		}
	}

	// ── canvases ──

	/** From the wall to the canvas of a team, in a window with room for its grid, and on to the outline, in which every note stands in full. */
	async openCanvas(team) {
		await this.sees('All saved')
		await this.keys('c')
		await this.sees('Places')
		const rows = (await this.screen()).split('\n').map((row) => row.trim())
		const own = rows.indexOf(team)
		check(own >= 0, `the places name ${team}`, rows)
		// The wall, the teams, and then one row for every canvas.
		const before = rows.slice(0, own).filter((row) => /team only|not open|open to the class/.test(row)).length
		await this.keys(...Array.from({ length: 2 + before }, () => 'j'), 'Enter')
		await this.sees(/^┌/m)
		await this.keys('v')
		await this.seesNot(/^┌/m)
	}

	/** Walks down to the note or box whose line has these words. */
	async goTo(text) {
		await this.keys('g')
		await until(`the terminal comes to ${text}`, async () => {
			const row = (await this.screen()).split('\n').find((line) => line.includes('▌'))
			if (row?.includes(text)) return true
			await this.keys('j')
			return false
		})
	}

	/** Opens a note's words, with the caret at their end. */
	async openNote(text) {
		await this.goTo(text)
		await this.keys('e')
		await this.sees('Esc done')
		await this.keys('End')
	}

	/** Waits until all of a text is there, however it is broken into lines. */
	async showsAll(text) {
		const bare = (shown) => shown.replace(/[\s▌│]/g, '')
		let last
		await until('the terminal shows all the words', async () => bare((last = await this.screen())).includes(bare(text))).catch((error) => {
			throw new Error(`${error.message}: ${text}; it shows\n${last}`)
		})
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

	/** What stands in the one file of the default profile with this ending. */
	reads(ending) {
		const folder = `${this.home}/.config/forwhom/default`
		return readFileSync(`${folder}/${readdirSync(folder).find((name) => name.endsWith(ending))}`, 'utf8')
	}

	async close() {
		await this.#tmux('kill-server').catch(() => {})
	}
}
