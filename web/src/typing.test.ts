/*
 * Typing together: what the vectors do not tell (textareas, input methods, undo before sending, the browser's storage),
 * and many sessions against a small model of the server, with connections lost in the middle of words.
 */
import { describe, expect, test } from 'vitest'
import { applyEdit, isEdit, pointsIn } from './edits'
import { carry, carryBack, cleanText, compose, editBetween, findSplice, GAP_MS, POINTS_MOST, TextSession, transform, type TextChange, type TypingEvents } from './typing'
import type { Edit } from './wire'

let now_ms = 0
let made = 0
const lost: string[] = []
const events: TypingEvents = { changed: () => undefined, lost: (_session, text) => void lost.push(text), newId: () => `c${++made}`, now: () => now_ms }
const begin = (text: string, rev = 0): TextSession => new TextSession('note', text, rev, events).open()

describe('what a textarea says', () => {
	test('typing, at the place where the caret tells', () => {
		const session = begin('aa')
		expect(session.type('aaa', 1)).toBe('aaa')
		now_ms += GAP_MS
		expect(session.take()?.edit).toEqual(['a'])
	})
	test('carriage returns, control characters and halves of pairs are not sent', () => {
		const session = begin('')
		expect(session.type('a\r\nb\rc\u0000\u001bd\ud83de\udc00', 11)).toBe('a\nb\ncde')
		expect(cleanText('\t🙂\ud83d')).toBe('\t🙂')
	})
	test('what would be too long is cut, and no character is halved', () => {
		const session = begin('x'.repeat(POINTS_MOST - 2))
		const text = session.type(`${'x'.repeat(POINTS_MOST - 2)}🙂🙂🙂`, POINTS_MOST + 4)
		expect(pointsIn(text)).toBe(POINTS_MOST)
		expect(text.endsWith('🙂🙂')).toBe(true)
		expect(session.room).toBe(0)
		expect(session.type(text.slice(1), 0)).toBe(text.slice(1))
	})
	test('a replacement never splits a pair', () => {
		// 🙂 and 🙃 share their first half, 🙂 and 𐐂 their last.
		for (const [old, now] of [['🙂', '🙃'], ['a🙂', 'a🙃b'], ['🙂🙂', '🙂'], ['\u{1f642}', '\u{10842}']] as const) {
			for (let caret = 0; caret <= now.length; caret++) {
				const { put, from, to } = findSplice(old, now, caret)!
				expect(old.slice(0, from) + put + old.slice(to)).toBe(now)
				expect(isEdit(editBetween(old, now, caret))).toBe(true)
			}
		}
	})
	test('others\' letters wait while an input method composes, and are shown behind it', () => {
		const session = begin('ab')
		const heard: (TextChange | null)[] = []
		session.listen((change) => change && heard.push(change))
		session.compose(true)
		session.type('nab', 1)
		session.op(1, [2, 'X'])
		expect(session.text).toBe('nab')
		expect(heard).toHaveLength(0)
		session.type('你ab', 1)
		session.op(2, ['Y'])
		expect(session.text).toBe('你ab')
		session.compose(false)
		expect(session.text).toBe('Y你abX'.replace('Y你', '你Y'))
		expect(heard).toHaveLength(1)
		expect(heard[0]!.move(1)).toBe(1)
		expect(heard[0]!.move(3)).toBe(4)
	})
	test('carets move in UTF-16 with what others write', () => {
		const session = begin('🙂b')
		let change: TextChange | null = null
		session.listen((c) => (change = c ?? change))
		session.op(1, ['𝄞'])
		expect([0, 2, 3].map((at) => change!.move(at))).toEqual([0, 4, 5])
	})
})

describe('carets on the wire', () => {
	test('one\'s own as the server\'s text has it', () => {
		const session = begin('🙂cd', 3)
		session.type('🙂xycd', 4)
		expect(session.there16(0)).toBe(0)
		expect(session.there16(3)).toBe(1)
		expect(session.there16(5)).toBe(2)
	})
	test('another\'s in what is seen here, over edits that came since and over own words', () => {
		const session = begin('abc', 3)
		session.op(4, ['🙂'])
		session.type('🙂abcd', 6)
		expect(session.here16(3, 3)).toBe(5)
		expect(session.here16(0, 4)).toBe(0)
		expect(session.here16(99, 4)).toBe(6)
	})
	test('letters arriving at somebody\'s caret push it: they are their own', () => {
		const session = begin('ab', 0)
		session.op(1, [1, 'X'])
		expect(session.here16(1, 0)).toBe(2)
	})
	test('there and back', () => {
		const edit: Edit = [2, { d: 2 }, 'xyz', 1, 'q']
		expect([0, 1, 2, 3, 4, 5, 6].map((at) => carry(at, edit))).toEqual([0, 1, 2, 2, 2, 6, 8])
		expect([0, 1, 2, 5, 6, 8].map((at) => carryBack(at, edit))).toEqual([0, 1, 2, 4, 5, 6])
	})
})

describe('taking back what is not sent', () => {
	test('step by step, and again', () => {
		const session = begin('x', 1)
		session.isCaughtUp = false
		session.type('xone', 4)
		now_ms += 5_000
		session.type('xone two', 8)
		expect(session.undo()).toBe(true)
		expect(session.text).toBe('xone')
		session.texts({ rev: 1, edits: [['Z']] })
		expect(session.undo()).toBe(true)
		expect(session.text).toBe('Zx')
		expect(session.undo()).toBe(false)
		expect(session.redo() && session.redo()).toBe(true)
		expect(session.text).toBe('Zxone two')
		expect(session.redo()).toBe(false)
	})
	test('all of it leaves nothing to send', () => {
		const session = begin('abc', 1)
		session.isCaughtUp = false
		session.type('abcd', 4)
		session.undo()
		session.isCaughtUp = true
		now_ms += 1_000
		expect(session.hasWords).toBe(false)
		expect(session.take()).toBeNull()
	})
	test('what was sent is not taken back here', () => {
		const session = begin('', 1)
		session.type('a', 1)
		now_ms += 1_000
		session.take()
		expect(session.undoable_ms).toBeNull()
		expect(session.undo()).toBe(false)
	})
})

describe('answers', () => {
	test('patience: the same command, as it was', () => {
		const session = begin('abc', 1)
		session.type('abcd', 4)
		now_ms += 1_000
		const first = session.take()!
		expect(session.no(first.cmd, 'rate')).toBe('again')
		session.op(2, ['X'])
		now_ms += GAP_MS
		expect(session.take()).toEqual(first)
	})
	test('gone: the words are kept for their writer', () => {
		const session = begin('abc', 1)
		session.type('abcd', 4)
		lost.length = 0
		session.gone()
		expect(lost).toEqual(['abcd'])
		expect([session.state, session.text]).toEqual(['gone', 'abc'])
		expect(session.type('abce', 4)).toBe('abc')
	})
	test('nothing is made of what is stored and makes no sense', () => {
		const good = { note: 'n', rev: 1, base: 'abc', sent: null, typed: [3, 'd'], held: false }
		expect(TextSession.load(good, events)?.text).toBe('abcd')
		for (const bad of [null, 7, {}, { ...good, typed: [4, 'd'] }, { ...good, typed: [3] }, { ...good, base: 7 }, { ...good, sent: { cmd: 'c', rev: 1, edit: ['x', 'y'], now: [] } }]) {
			expect(TextSession.load(bad, events)).toBeNull()
		}
	})
})

/** The server's side: a log of edits, commands by id, and a queue of what each person has not heard. */
class Model {
	text: string
	log: Edit[] = []
	done = new Map<string, number>()

	constructor(text: string) {
		this.text = text
	}

	take({ cmd, rev, edit }: { cmd: string; rev: number; edit: Edit }): number {
		const known = this.done.get(cmd)
		if (known !== undefined) return known
		const over = this.log.slice(rev).reduce((e, past) => transform(e, past, 'left'), edit)
		const text = applyEdit(this.text, over)
		if (text === null) throw new Error('an edit that does not fit')
		this.text = text
		this.log.push(over)
		this.done.set(cmd, this.log.length)
		return this.log.length
	}
}

function random(seed: number): () => number {
	let state = seed
	return () => {
		state = (state + 0x6d2b79f5) | 0
		let t = Math.imul(state ^ (state >>> 15), state | 1)
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
	}
}

const LETTERS = ['a', 'b', ' ', 'é', '\n', '🙂', '𝄞', '👩‍👧', 'ש', '的', 'e\u0301']

class Person {
	session: TextSession
	/** What the server has said and the person has not heard. */
	inbox: ((session: TextSession) => void)[] = []
	outbox: ReturnType<TextSession['take']>[] = []
	/** Sent on a connection that was lost, and still on their way. */
	late: ReturnType<TextSession['take']>[] = []
	isOn = true
	heardTo: number

	constructor(
		readonly model: Model,
		private readonly roll: () => number,
	) {
		this.session = new TextSession('n', model.text, 0, events).open()
		this.heardTo = 0
	}

	private at(n: number): number {
		return Math.floor(this.roll() * n)
	}

	type(): void {
		const { session } = this
		if (this.at(20) === 0) session.compose(true)
		if (this.at(10) === 0) session.compose(false)
		const points = [...session.text]
		const from = this.at(points.length + 1)
		const remove = Math.min(this.at(4) === 0 ? this.at(5) : 0, points.length - from)
		const put = Array.from({ length: this.at(3) }, () => LETTERS[this.at(LETTERS.length)]).join('')
		points.splice(from, remove, put)
		session.type(points.join(''), points.slice(0, from + 1).join('').length)
		if (this.at(30) === 0) session.undo()
		if (this.at(40) === 0) session.redo()
	}

	send(): void {
		const out = this.isOn ? this.session.take() : null
		if (out) this.outbox.push(JSON.parse(JSON.stringify(out)) as typeof out)
	}

	/** The server handles the next command of this person; both of its messages are under way. */
	serve(): void {
		const out = this.outbox.shift()
		if (!out) return
		const rev = this.model.take(out)
		this.inbox.push((session) => session.ok(out.cmd, rev))
		this.publish()
	}

	publish(): void {
		if (!this.isOn) return
		while (this.heardTo < this.model.log.length) {
			const rev = ++this.heardTo
			const edit = this.model.log[rev - 1]!
			this.inbox.push((session) => expect(session.op(rev, edit)).not.toBe('gap'))
		}
	}

	hear(): void {
		this.inbox.shift()?.(this.session)
	}

	/** Commands may have arrived although nothing more is heard; later they may arrive even after the next hello. */
	cut(): void {
		this.isOn = false
		this.inbox = []
		if (this.at(3) === 0) this.late.push(...this.outbox)
		else if (this.at(2) === 0) for (const out of this.outbox) if (out) this.model.take(out)
		this.outbox = []
		this.session.cut()
		if (this.at(3) === 0) this.reload()
	}

	private reload(): void {
		this.session.compose(false)
		const saved = this.session.save()
		const text = this.session.text
		this.session = saved ? TextSession.load(JSON.parse(JSON.stringify(saved)), events)! : new TextSession('n', this.model.text, this.model.log.length, events)
		if (saved) expect(this.session.text).toBe(text)
		this.session.open()
		this.session.isCaughtUp = false
	}

	back(): void {
		this.isOn = true
		const { rev, cmd } = this.session.asks()
		const own = cmd === undefined ? undefined : this.model.done.get(cmd)
		const edits = this.model.log.slice(rev)
		const half = this.at(edits.length + 1)
		const named = own !== undefined && own > rev ? { own } : {}
		this.inbox.push((session) => session.texts({ rev, edits: edits.slice(0, half), ...named }))
		this.inbox.push((session) => session.texts({ rev: rev + half, edits: edits.slice(half), ...named }))
		this.heardTo = Math.max(0, this.model.log.length - this.at(3))
		this.publish()
		for (const out of this.late) if (out) this.model.take(out)
		this.late = []
	}
}

describe('many sessions and one server', () => {
	const SEEDS = 60
	test.each(Array.from({ length: SEEDS }, (_, n) => n + 1))('all are equal at every pause: seed %i', (seed) => {
		lost.length = 0
		const roll = random(seed)
		const model = new Model('start 🙂 here')
		const people = Array.from({ length: 2 + (seed % 9) }, () => new Person(model, roll))
		for (let pause = 0; pause < 5; pause++) {
			for (let turn = 0; turn < 120; turn++) {
				now_ms += Math.floor(roll() * 60)
				const person = people[Math.floor(roll() * people.length)]!
				const what = roll()
				if (what < 0.35) person.type()
				else if (what < 0.55) person.send()
				else if (what < 0.7) person.serve()
				else if (what < 0.95) {
					person.publish()
					person.hear()
				} else if (person.isOn) person.cut()
				else person.back()
			}
			for (let round = 0; round < 20; round++) {
				now_ms += GAP_MS
				for (const person of people) {
					if (!person.isOn) person.back()
					person.session.compose(false)
					person.send()
					person.serve()
				}
				for (const person of people) {
					person.publish()
					while (person.inbox.length > 0) person.hear()
				}
			}
			for (const { session } of people) {
				expect(session.text).toBe(model.text)
				expect([session.rev, session.state]).toEqual([model.log.length, 'saved'])
			}
		}
		expect(lost).toEqual([])
		expect(model.log.length).toBeGreaterThan(20)
	})
	test('what one person typed alone is what is saved', () => {
		const model = new Model('')
		const person = new Person(model, random(7))
		let composed: Edit = []
		for (let n = 0; n < 200; n++) {
			const before = person.session.text
			person.session.compose(false)
			person.type()
			composed = compose(composed, editBetween(before, person.session.text))
			now_ms += GAP_MS
			person.send()
			person.serve()
			while (person.inbox.length > 0) person.hear()
		}
		now_ms += GAP_MS
		person.send()
		person.serve()
		expect(model.text).toBe(person.session.text)
		expect(applyEdit('', composed)).toBe(model.text)
	})
})
