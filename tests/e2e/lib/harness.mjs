/*
 * Tests as functions, run a few at a time, each with what it needs made for it and taken down after it. Nothing here
 * sleeps: `until` asks a condition again and again, and names it when it did not come true in time.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'

/** Where a failed test leaves pictures of every screen it had. */
const pictures = `${process.env.BUILD_DIR ?? fileURLToPath(new URL('../../../build', import.meta.url))}/e2e-failed`
const ASK_AGAIN_MS = 25
const PATIENCE_MS = 15_000

/** Asks `read` until it gives something truthy, and returns that. Errors while asking count as "not yet". */
export async function until(what, read, patience_ms = PATIENCE_MS) {
	const end_ms = Date.now() + patience_ms
	let last
	for (;;) {
		try {
			last = await read()
			if (last) return last
		} catch (error) {
			last = error
		}
		if (Date.now() > end_ms) throw new Error(`never came true: ${what}${last instanceof Error ? ` (${last.message.split('\n')[0]})` : ''}`)
		await pause(ASK_AGAIN_MS)
	}
}

export function check(condition, what, detail) {
	if (!condition) throw new Error(detail === undefined ? what : `${what}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`)
}

/** Compares by their JSON; of two lists it tells the first items that differ. */
export function same(got, wanted, what) {
	if (JSON.stringify(got) === JSON.stringify(wanted)) return
	if (Array.isArray(got) && Array.isArray(wanted) && got.length === wanted.length) {
		const at = got.findIndex((item, i) => JSON.stringify(item) !== JSON.stringify(wanted[i]))
		return same(got[at], wanted[at], `${what} [${at}]`)
	}
	check(false, what, `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`)
}

const open = new Set()

/** Ends whatever running tests have made: for when the whole run is told to stop. */
export const endAll = () => Promise.allSettled([...open].map((bag) => bag.empty()))

/** What a test has made, to be ended in the opposite order. */
export class Bag {
	#ends = []
	#pictures = []

	/** Remembers how to end a thing and gives it back. */
	keep(thing, end) {
		open.add(this)
		this.#ends.push(() => end(thing))
		return thing
	}

	folder() {
		return this.keep(mkdtempSync(join(tmpdir(), 'forwhom-e2e-')), (dir) => rmSync(dir, { recursive: true, force: true }))
	}

	/** Remembers how to show what something looks like: asked for when the test has failed. */
	show(take) {
		this.#pictures.push(take)
	}

	async showAll(folder) {
		mkdirSync(folder, { recursive: true })
		for (const [i, take] of this.#pictures.entries()) await take(`${folder}/${i + 1}`).catch(() => {})
	}

	async empty() {
		const troubles = []
		for (let end; (end = this.#ends.pop()); ) {
			try {
				await end()
			} catch (error) {
				troubles.push(error)
			}
		}
		open.delete(this)
		if (troubles.length > 0) throw troubles[0]
	}
}

const tests = []

/** Names a test: a sentence that is true when it passes. `run` gets a Bag. */
export const test = (name, run) => void tests.push({ name, run })

async function runOne({ name, run }, limit_ms) {
	const bag = new Bag()
	const start_ms = Date.now()
	let error
	let timer
	try {
		const late = new Promise((_, reject) => {
			timer = setTimeout(() => reject(new Error(`took longer than ${limit_ms / 1000} s`)), limit_ms)
		})
		await Promise.race([run(bag), late])
	} catch (caught) {
		error = caught
	}
	clearTimeout(timer)
	if (error) await bag.showAll(`${pictures}/${name.replace(/\W+/g, '-').slice(0, 60)}`)
	await bag.empty().catch((caught) => (error ??= caught))
	const seconds = ((Date.now() - start_ms) / 1000).toFixed(1)
	console.log(`${error ? 'not ok' : 'ok'} - ${name} # ${seconds} s`)
	if (error) console.log(String(error.stack ?? error).replace(/^/gm, '# '))
	return !error
}

/** Runs every test whose name contains one of the words, at most `jobs` at a time. True when all passed. */
export async function runTests({ words = [], jobs = 2, limit_ms = 120_000 }) {
	const queue = tests.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
	check(queue.length > 0, 'no such test', words)
	console.log(`1..${queue.length}`)
	let passed = true
	const work = async () => {
		for (let next; (next = queue.shift()); ) if (!(await runOne(next, limit_ms))) passed = false
	}
	await Promise.all(Array.from({ length: jobs }, work))
	return passed
}
