/*
 * typing.ts against proto/vectors/typing.json: what a person types, what the server says, and after each step what is
 * seen and what is sent. tests/unit does the same to client-cli/typing.c.
 */
import { describe, expect, test } from 'vitest'
import file from '../../proto/vectors/typing.json'
import { pointsIn } from './edits'
import { editBetween, GAP_MS, spliceEdit, TextSession, type Outgoing } from './typing'
import type { Edit } from './wire'

interface Step {
	do: 'type' | 'caret' | 'wait' | 'op' | 'ok' | 'no' | 'resume' | 'cut' | 'texts' | 'reload' | 'doc'
	at?: number
	remove?: number
	put?: string
	times?: number
	caret?: [number, number]
	ms?: number
	rev?: number
	edit?: Edit
	edits?: Edit[]
	own?: number
	cmd?: string
	code?: string
	text?: string
	is?: Expected
}
interface Expected {
	text?: string
	length?: number
	rev?: number
	caret?: [number, number]
	sends?: Outgoing[]
	resends?: Outgoing[]
	asks?: object
	pending?: boolean
	held?: boolean
	lost?: boolean
	gap?: boolean
	refused?: boolean
}
interface Case {
	name: string
	start: { text: string; rev: number }
	steps: Step[]
}

const cases = file.cases as unknown as Case[]

class Play {
	now_ms = 1_000_000
	commands = 0
	lost = 0
	known = new Set<string>()
	readonly events = {
		changed: () => undefined,
		lost: () => void this.lost++,
		newId: () => `c${++this.commands}`,
		now: () => this.now_ms,
	}
	session: TextSession

	constructor(start: Case['start']) {
		this.session = new TextSession('note', start.text, start.rev, this.events)
	}

	/** Does a step; what became of it, as far as the step itself tells. */
	does(step: Step): Pick<Expected, 'gap' | 'refused'> {
		const { session } = this
		switch (step.do) {
			case 'type':
				return session.edit(spliceEdit(step.at ?? 0, step.remove ?? 0, (step.put ?? '').repeat(step.times ?? 1))) ? {} : { refused: true }
			case 'caret':
				session.caret = step.caret!
				return {}
			case 'wait':
				this.now_ms += step.ms!
				return {}
			case 'op':
				return session.op(step.rev!, step.edit!) === 'gap' ? { gap: true } : {}
			case 'ok':
				session.ok(step.cmd!, step.rev!)
				return {}
			case 'no':
				session.no(step.cmd!, step.code!)
				return {}
			case 'resume':
				session.resume()
				return {}
			case 'cut':
				session.cut()
				return {}
			case 'texts':
				session.texts(step)
				return {}
			case 'reload':
				this.session = TextSession.load(JSON.parse(JSON.stringify(session.save())), this.events)!
				return {}
			case 'doc':
				return session.see(step.text!, step.rev!) === 'gap' ? { gap: true } : {}
		}
	}

	play(step: Step): Expected {
		const lost = this.lost
		const became = this.does(step)
		const { session } = this
		const sends: Outgoing[] = []
		const resends: Outgoing[] = []
		for (let out = session.take(); out; out = session.take()) (this.known.has(out.cmd) ? resends : sends).push(out) && this.known.add(out.cmd)
		const length = pointsIn(session.text)
		return {
			...(step.do === 'reload' ? {} : length > 200 ? { length } : { text: session.text }),
			rev: session.rev,
			...(step.do === 'reload' ? {} : { caret: session.caret }),
			...(sends.length > 0 && { sends }),
			...(resends.length > 0 && { resends }),
			...((step.do === 'cut' || step.do === 'reload') && { asks: session.asks() }),
			...(session.hasWords && { pending: true }),
			...(session.isHeld && { held: true }),
			...(this.lost > lost && { lost: true }),
			...became,
		}
	}
}

describe('typing as proto/vectors/typing.json has it', () => {
	test('there are enough', () => {
		expect(cases.length).toBeGreaterThanOrEqual(25)
		expect(GAP_MS).toBe(100)
	})
	test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, { start, steps }) => {
		const play = new Play(start)
		for (const [n, step] of steps.entries()) expect({ n, ...play.play(step) }).toEqual({ n, ...step.is })
	})
})

describe('the smallest replacement', () => {
	test.each(file.splices.map((s) => [s.old, s.now, s] as const))('%j %j', (_old, _now, { old, now, caret, edit }) => {
		expect(editBetween(old, now, caret)).toEqual(edit)
	})
})
