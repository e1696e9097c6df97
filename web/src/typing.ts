/*
 * One person's side of a text that several people type in (proto/README.md §11). What they see is
 *
 *     text = base (the server's, at `rev`) · sent (one edit on its way) · typed (all since, composed into one)
 *
 * and typing never waits for the network. Everybody else's edit is carried over `sent` and `typed`, and these over it;
 * the logged one is the right side. Nothing here sends or keeps time: `take` hands out what is to be sent, and whoever
 * has the connection says what came back. The twin of client-cli/typing.c; proto/vectors/typing.json holds both to one
 * behaviour.
 *
 * Edits and carets count code points; `type`, `listen` and everything with `16` in its name are for textareas and count
 * UTF-16 units.
 */
import { type } from 'ot-text-unicode'
import { applyEdit, forward, isDeletion, isEdit, isInsidePair, pointsIn, spanOf } from './edits'
import type { Edit } from './wire'

export const POINTS_MOST = 5_000
/** At most ten edits a second. */
export const GAP_MS = 100
/** Typing without a longer pause is one step of undo. */
const STEP_MS = 1_000
const STEPS_MOST = 1_000
/** Edits remembered to carry over carets that were stated before them. */
const TRAIL = 64

type Side = 'left' | 'right'
type PackageEdit = Parameters<typeof type.apply>[1]

export const transform = (edit: Edit, other: Edit, side: Side): Edit => type.transform(edit as PackageEdit, other as PackageEdit, side) as Edit
export const compose = (first: Edit, second: Edit): Edit => type.compose(first as PackageEdit, second as PackageEdit) as Edit

/** The edit that takes `edit`, made on `text`, back. */
function inverse(edit: Edit, text: string): Edit {
	const whole = (type as unknown as { makeInvertible(e: PackageEdit, text: string): PackageEdit }).makeInvertible(edit as PackageEdit, text)
	return counted(type.invert!(whole) as Edit)
}

/** Deletions as counts, as clients send them. */
const counted = (edit: Edit): Edit => edit.map((part) => (isDeletion(part) ? { d: spanOf(part) } : part))

const growthOf = (edit: Edit): number => edit.reduce<number>((sum, part) => sum + (typeof part === 'string' ? pointsIn(part) : isDeletion(part) ? -spanOf(part) : 0), 0)

/** Where a place is after the edit. An insertion exactly there pushes it only if `isPushed`. */
export function carry(at: number, edit: Edit, isPushed = false): number {
	let pos = at
	let here = 0
	for (const part of edit) {
		if (here > pos || (here === pos && !isPushed)) break
		if (typeof part === 'number') here += part
		else if (typeof part === 'string') {
			const count = pointsIn(part)
			pos += count
			here += count
		} else pos -= Math.min(spanOf(part), pos - here)
	}
	return pos
}

/** Where a place was before the edit; one in what the edit inserted was where the insertion is. */
export function carryBack(at: number, edit: Edit): number {
	let before = 0
	let after = 0
	for (const part of edit) {
		const count = typeof part === 'string' ? pointsIn(part) : spanOf(part)
		if (typeof part === 'number') {
			if (after + count > at) break
			before += count
			after += count
		} else if (typeof part === 'string') {
			if (after + count >= at) return before
			after += count
		} else if (after < at) before += count
		else break
	}
	return before + Math.max(0, at - after)
}

/** Text as it may be sent: newlines are \n; other control characters but tab, and halves of surrogate pairs, are left out. */
export const cleanText = (text: string): string =>
	// eslint-disable-next-line no-control-regex
	text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f]|\p{Surrogate}/gu, '')

export interface Splice {
	/** UTF-16 units of the old text. */
	from: number
	to: number
	put: string
}

/**
 * The one replacement that makes `now` of `old`, as small as can be; where it could be at several places, the one that
 * ends at the caret. Never between the halves of a surrogate pair.
 */
export function findSplice(old: string, now: string, caret: number): Splice | null {
	if (old === now) return null
	const tailMost = Math.min(old.length, now.length - Math.max(0, Math.min(caret, now.length)))
	let tail = 0
	while (tail < tailMost && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++
	const headMost = Math.min(old.length, now.length) - tail
	let head = 0
	while (head < headMost && old[head] === now[head]) head++
	// Behind a caret that was no hint there may be more that is equal.
	const restMost = Math.min(old.length, now.length) - head
	while (tail < restMost && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++
	while (isInsidePair(old, head) || isInsidePair(now, head)) head--
	while (isInsidePair(old, old.length - tail) || isInsidePair(now, now.length - tail)) tail--
	return { from: head, to: old.length - tail, put: now.slice(head, now.length - tail) }
}

/** A replacement of `remove` code points at `at` as an edit: the deletion first. */
export function spliceEdit(at: number, remove: number, put: string): Edit {
	const edit: (number | string | { d: number })[] = []
	if (remove === 0 && put === '') return edit
	if (at > 0) edit.push(at)
	if (remove > 0) edit.push({ d: remove })
	if (put !== '') edit.push(put)
	return edit
}

/** The smallest single replacement from one text to the other. */
export function editBetween(old: string, now: string, caret = now.length): Edit {
	const splice = findSplice(old, now, caret)
	if (!splice) return []
	const at = pointsIn(old, splice.from)
	return spliceEdit(at, pointsIn(old.slice(splice.from, splice.to)), splice.put)
}

export interface TextChange {
	/** Where a place in the old visible text is in the new one; both UTF-16. */
	move(index: number): number
}

export type TypingState =
	/** Nothing is unsent. */
	| 'saved'
	/** There are words that are not out. */
	| 'waiting'
	/** All that was typed is on its way. */
	| 'sent'
	/** Pens were down: kept here and carried along until `resume`. */
	| 'held'
	/** The note is gone, or may not be written in. */
	| 'gone'

/** The arguments of one note.text and its command id. */
export interface Outgoing {
	cmd: string
	rev: number
	edit: Edit
}

interface OnItsWay extends Outgoing {
	/** `edit` as it was sent stays; this is what it is now, over `base`. */
	now: Edit
	/** The revision that the server gave it; 0 while that is not known. */
	own: number
	/** It was sent on this connection, and nothing has called it back. */
	isOut: boolean
	/** It was sent on a connection that was lost. */
	wasCut: boolean
}

/** What is unsent, for the browser's storage. */
export interface SavedTyping {
	note: string
	rev: number
	base: string
	sent: { cmd: string; rev: number; edit: Edit; now: Edit } | null
	typed: Edit
	held: boolean
}

/** What the server's word did to the text: `gap` means that edits are missing and the document is to be opened again. */
export type Heard = 'applied' | 'known' | 'gap'

export interface TypingEvents {
	/** Something is to be sent, or was typed and is to be stored. */
	changed(session: TextSession): void
	/** Words that cannot be saved, as their writer saw them. */
	lost(session: TextSession, text: string): void
	newId(): string
	now(): number
}

export class TextSession {
	base: string
	rev: number
	/** Anchor and focus in what is seen, code points. */
	caret: [number, number] = [0, 0]
	isHeld = false
	isGone = false
	/** The edits since were heard on this connection, so that sending makes sense. */
	isCaughtUp = true

	private sent: OnItsWay | null = null
	private typed: Edit = []
	/** What is seen when no input method keeps things apart. */
	private whole: string
	/** While an input method composes: what the textarea shows, and what others have done to it since. */
	private shown: string | null = null
	private unseen: Edit = []

	private sent_ms = Number.NEGATIVE_INFINITY
	private typed_ms = Number.NEGATIVE_INFINITY
	/** How to take back what was typed and has not been sent, newest last; and how to do it again. */
	private undos: Edit[] = []
	private redos: Edit[] = []
	private trail: { rev: number; edit: Edit }[] = []
	private readonly listeners = new Set<(change: TextChange | null) => void>()
	private users = 0
	private told: TypingState = 'saved'

	constructor(
		readonly note: string,
		text: string,
		rev: number,
		private readonly events: TypingEvents,
	) {
		this.base = text
		this.whole = text
		this.rev = rev
	}

	// ── for the editor ──

	get text(): string {
		return this.shown ?? this.whole
	}

	get state(): TypingState {
		if (this.isGone) return 'gone'
		if (this.isHeld) return 'held'
		if (this.typed.length > 0 || (this.sent && !this.sent.isOut)) return 'waiting'
		return this.sent ? 'sent' : 'saved'
	}

	/** Whether the server does not have all of it yet. */
	get hasWords(): boolean {
		return this.sent !== null || this.typed.length > 0
	}

	/** Whether an editor is open over it. */
	get isOpen(): boolean {
		return this.users > 0
	}

	/** Code points left. */
	get room(): number {
		return POINTS_MOST - pointsIn(this.whole)
	}

	open(): this {
		this.users++
		return this
	}

	close(): void {
		if (this.users > 0) this.users--
		if (this.users === 0) this.compose(false)
		this.events.changed(this)
	}

	listen(run: (change: TextChange | null) => void): () => void {
		this.listeners.add(run)
		return () => this.listeners.delete(run)
	}

	/**
	 * The value that the textarea has now, and its selectionEnd. Returns what it should show: the same, unless there was
	 * something in it that cannot be sent, or too much.
	 */
	type(value: string, caret: number): string {
		const behind = cleanText(value.slice(Math.max(0, caret)))
		const clean = cleanText(value)
		const old = this.text
		const splice = this.isGone ? null : findSplice(old, clean, clean.length - behind.length)
		if (!splice) return old
		const at = pointsIn(old, splice.from)
		const remove = pointsIn(old.slice(splice.from, splice.to))
		const most = Math.max(0, POINTS_MOST - pointsIn(this.whole) + remove)
		const fits = forward(splice.put, 0, most)
		this.edit(spliceEdit(at, remove, fits < 0 ? splice.put : splice.put.slice(0, fits)))
		return this.text
	}

	/** What the person did to the text they see. False, and nothing changed, if it does not fit or would be too long. */
	edit(edit: Edit): boolean {
		const seen = applyEdit(this.text, edit)
		if (this.isGone || seen === null || pointsIn(this.whole) + growthOf(edit) > Math.max(POINTS_MOST, pointsIn(this.whole))) return false
		if (edit.length === 0) return true
		const over = transform(edit, this.unseen, 'left')
		this.unseen = transform(this.unseen, edit, 'right')
		if (this.shown !== null) this.shown = seen
		this.redos = []
		this.remember(over)
		this.put(over)
		const end = carry(endOf(edit), this.unseen)
		this.caret = [end, end]
		this.changed()
		return true
	}

	/** While an input method composes, others' letters wait, so that it is not disturbed. */
	compose(on: boolean): void {
		if (on) {
			this.shown ??= this.whole
			return
		}
		if (this.shown === null) return
		const { shown, unseen } = this
		this.shown = null
		this.unseen = []
		if (unseen.length > 0) this.tell(change(shown, this.whole, unseen))
	}

	/** Sends what was held because pens were down. */
	resume(): void {
		if (!this.isHeld) return
		this.isHeld = false
		this.changed()
	}

	/** Whether something typed here has not been sent, so that it can be taken back on the spot; and when it was typed. */
	get undoable_ms(): number | null {
		return this.undos.length > 0 ? this.typed_ms : null
	}

	get isRedoable(): boolean {
		return this.redos.length > 0
	}

	/** Takes back the newest unsent step. */
	undo(): boolean {
		const edit = this.undos.pop()
		if (!edit) return false
		this.redos.push(inverse(edit, this.whole))
		this.typed_ms = Number.NEGATIVE_INFINITY
		this.swap(edit)
		return true
	}

	redo(): boolean {
		const edit = this.redos.pop()
		if (!edit) return false
		this.undos.push(inverse(edit, this.whole))
		this.typed_ms = Number.NEGATIVE_INFINITY
		this.swap(edit)
		return true
	}

	/** A place in what is seen as the server's text at `rev` has it, for `here`. UTF-16 in, code points out. */
	there16(index: number): number {
		const seen = pointsIn(this.text, Math.max(0, Math.min(index, this.text.length)))
		return this.there(carry(seen, this.unseen))
	}

	there(at: number): number {
		return carryBack(carryBack(at, this.typed), this.sent?.now ?? [])
	}

	/** Somebody else's place, stated in the server's text at `rev`, in what is seen here. Code points in, UTF-16 out. */
	here16(at: number, rev: number): number {
		// Letters arriving exactly where somebody's caret stands are most likely their own.
		let pos = this.trail.reduce((p, past) => (past.rev > rev ? carry(p, past.edit, true) : p), at)
		pos = carry(carry(pos, this.sent?.now ?? []), this.typed)
		const seen = carryBack(pos, this.unseen)
		const index = forward(this.text, 0, seen)
		return index < 0 ? this.text.length : index
	}

	// ── for the connection ──

	/** Milliseconds until something may be sent; null if nothing is to be. */
	due(): number | null {
		if (this.isGone || this.isHeld || !this.isCaughtUp) return null
		if (this.sent ? this.sent.isOut : this.typed.length === 0) return null
		return Math.max(0, this.sent_ms + GAP_MS - this.events.now())
	}

	/** What is to be sent now: the edit that was on its way, exactly as it was, or the next. */
	take(): Outgoing | null {
		if (this.due() !== 0) return null
		this.sent_ms = this.events.now()
		if (!this.sent) {
			this.sent = { cmd: this.events.newId(), rev: this.rev, edit: counted(this.typed), now: this.typed, own: 0, isOut: true, wasCut: false }
			this.typed = []
			this.undos = []
			this.redos = []
		} else this.sent.isOut = true
		const { cmd, rev, edit } = this.sent
		this.changed()
		return { cmd, rev, edit }
	}

	/** The id of the command on its way, or ''. */
	get cmd(): string {
		return this.sent?.cmd ?? ''
	}

	/** This text's item of `texts` in an `open`. */
	asks(): { id: string; rev: number; cmd?: string } {
		return { id: this.note, rev: this.rev, ...(this.sent && { cmd: this.sent.cmd }) }
	}

	/** The connection went: what is on its way is not known, and edits may be missed. */
	cut(): void {
		this.isCaughtUp = false
		if (this.sent) this.sent = { ...this.sent, isOut: false, wasCut: true }
		this.changed()
	}

	/** `ok` to `cmd`: the op of that revision will be our own come back. */
	ok(cmd: string, rev: number): void {
		if (this.sent?.cmd !== cmd) return
		this.sent.own = rev
		if (rev <= this.rev) this.withdraw()
		// Nothing of it was left, so no op comes.
		if (this.sent.now.length === 0) this.settle()
	}

	/** `no` to `cmd`: sent again as it is (`again`), kept until pens are up (`held`), or lost. */
	no(cmd: string, code: string): 'again' | 'held' | 'lost' | null {
		if (this.sent?.cmd !== cmd) return null
		if (code === 'rate' || code === 'busy' || code === 'readonly') {
			this.sent.isOut = false
			this.changed()
			return 'again'
		}
		if (code === 'frozen') {
			this.typed = compose(this.sent.now, this.typed)
			this.sent = null
			this.isHeld = true
			this.changed()
			return 'held'
		}
		this.lose()
		return 'lost'
	}

	/** A `text` op of this note. */
	op(rev: number, edit: Edit): Heard {
		if (rev <= this.rev) return 'known'
		if (rev > this.rev + 1) return 'gap'
		const base = applyEdit(this.base, edit)
		if (base === null) return 'gap'
		const { sent } = this
		// What was sent on a connection that was lost may come in after the catching up, and before the answer to its resend.
		const isPerhapsOwn = sent !== null && (sent.own === rev || (sent.own === 0 && sent.wasCut))
		const isOwn = isPerhapsOwn && applyEdit(this.base, sent.now) === base
		this.trail = [...this.trail.slice(-TRAIL), { rev, edit }]
		this.base = base
		this.rev = rev
		if (isOwn) this.settle()
		else {
			this.others(edit)
			if (this.sent?.own === rev) this.takeBack()
			else if (this.sent?.own && this.sent.now.length === 0) this.settle()
			this.changed()
		}
		return 'applied'
	}

	/** A `texts` message about this note. */
	texts({ rev, edits, own, lost }: { rev?: number; edits?: readonly Edit[]; own?: number; lost?: boolean }): Heard {
		if (lost) {
			if (this.hasWords) this.lose()
			this.isCaughtUp = true
			return 'applied'
		}
		const from = rev ?? this.rev
		if (from > this.rev) return 'gap'
		if (this.sent && own !== undefined && own > this.rev) this.sent.own = own
		let heard: Heard = 'known'
		for (const [n, edit] of (edits ?? []).entries()) {
			const one = this.op(from + n + 1, edit)
			if (one === 'gap') {
				this.lose()
				return 'gap'
			}
			if (one === 'applied') heard = one
		}
		this.isCaughtUp = true
		this.changed()
		return heard
	}

	/** What the document says about the note, after everything that came with it. */
	see(text: string, rev: number): Heard {
		if (this.isGone || rev < this.rev) return 'known'
		if (rev === this.rev) this.isCaughtUp = true
		if (rev > this.rev && this.hasWords) return 'gap'
		if (rev === this.rev && text === this.base) return 'known'
		this.trail = []
		this.rev = rev
		const edit = editBetween(this.base, text)
		this.base = text
		this.isCaughtUp = true
		if (edit.length > 0) this.others(edit)
		this.changed()
		return 'applied'
	}

	/** The note is not there any more, or may not be written in. */
	gone(): void {
		if (this.isGone) return
		if (this.hasWords) this.lose()
		this.isGone = true
		this.changed()
	}

	/** It is there again. */
	back(): void {
		if (!this.isGone) return
		this.isGone = false
		this.changed()
	}

	/** The command on its way cannot be saved, nor can what was typed over it: the text is the server's again. */
	lose(): void {
		if (this.hasWords) this.events.lost(this, this.whole)
		this.isHeld = false
		this.handOver()
	}

	/** Another tab has taken these words over and brings them on their way: here the text is the server's again. */
	handOver(): void {
		const { whole } = this
		this.sent = null
		this.typed = []
		this.undos = []
		this.redos = []
		this.replaceWhole(this.base, editBetween(whole, this.base))
		this.changed()
	}

	/** Takes over the editors of a session over the same note that has no words. */
	inherit(other: TextSession | undefined): this {
		if (!other) return this
		this.users = other.users
		for (const run of other.listeners) this.listeners.add(run)
		return this
	}

	save(): SavedTyping | null {
		if (!this.hasWords) return null
		const sent = this.sent && { cmd: this.sent.cmd, rev: this.sent.rev, edit: this.sent.edit, now: this.sent.now }
		return { note: this.note, rev: this.rev, base: this.base, sent, typed: this.typed, held: this.isHeld }
	}

	/** Null if it is not one, or does not fit together. */
	static load(saved: unknown, events: TypingEvents): TextSession | null {
		if (typeof saved !== 'object' || saved === null) return null
		const { note, rev, base, sent, typed, held } = saved as Partial<SavedTyping>
		if (typeof note !== 'string' || typeof base !== 'string' || !Number.isInteger(rev) || !isEdit(typed)) return null
		if (sent && !(typeof sent.cmd === 'string' && Number.isInteger(sent.rev) && isEdit(sent.edit) && isEdit(sent.now))) return null
		const session = new TextSession(note, base, rev!, events)
		const over = sent ? applyEdit(base, sent.now) : base
		const whole = over === null ? null : applyEdit(over, typed)
		if (whole === null) return null
		session.sent = sent ? { ...sent, own: 0, isOut: false, wasCut: true } : null
		session.typed = typed
		session.whole = whole
		session.isHeld = held === true
		session.isCaughtUp = false
		return session
	}

	// ── inside ──

	/** Somebody else's edit over `base`, which has taken it already. */
	private others(edit: Edit): void {
		let over = edit
		if (this.sent) {
			const now = transform(this.sent.now, over, 'left')
			over = transform(over, this.sent.now, 'right')
			this.sent.now = now
		}
		this.under(over)
	}

	private replaceWhole(whole: string, edit: Edit): void {
		const old = this.whole
		this.whole = whole
		this.caret = [carry(this.caret[0], edit), carry(this.caret[1], edit)]
		if (edit.length === 0) return
		if (this.shown === null) this.tell(change(old, whole, edit))
		else this.unseen = compose(this.unseen, edit)
	}

	/** The edit on its way has arrived. */
	private settle(): void {
		this.sent = null
		this.changed()
	}

	/**
	 * The edit on its way is in the text already, taken for somebody else's: the copy that is seen here goes again.
	 */
	private withdraw(): void {
		const { sent } = this
		if (!sent || sent.now.length === 0) return
		const back = inverse(sent.now, this.base)
		sent.now = []
		this.under(back)
	}

	/** An edit over base and what is on its way: carried over what was typed, and done to what is seen. */
	private under(edit: Edit): void {
		const typed = transform(this.typed, edit, 'left')
		const over = transform(edit, this.typed, 'right')
		this.typed = typed
		this.undos = carriedOver(this.undos, over)
		this.redos = carriedOver(this.redos, over)
		this.replaceWhole(applyEdit(this.whole, over) ?? this.whole, over)
	}

	/** The server says that it is done, and it is not in the text: what is left of it, most often nothing, is typed anew. */
	private takeBack(): void {
		this.typed = compose(this.sent?.now ?? [], this.typed)
		this.settle()
	}

	/** Adds to what was typed, over everything that is there. */
	private put(edit: Edit): void {
		this.whole = applyEdit(this.whole, edit) ?? this.whole
		this.typed = compose(this.typed, edit)
	}

	/** Notes how to take the edit back, as a part of the last step if there was no pause. */
	private remember(edit: Edit): void {
		const now_ms = this.events.now()
		const back = inverse(edit, this.whole)
		const last = now_ms - this.typed_ms < STEP_MS ? this.undos.pop() : undefined
		this.undos = [...this.undos.slice(-STEPS_MOST), last ? compose(back, last) : back]
		this.typed_ms = now_ms
	}

	/** Does a step of undo or redo, which the editor learns of as if somebody else had typed it. */
	private swap(edit: Edit): void {
		this.typed = compose(this.typed, edit)
		this.replaceWhole(applyEdit(this.whole, edit) ?? this.whole, edit)
		this.changed()
	}

	private tell(what: TextChange | null): void {
		for (const run of this.listeners) run(what)
	}

	private changed(): void {
		this.events.changed(this)
		const { state } = this
		if (state === this.told) return
		this.told = state
		this.tell(null)
	}
}

/** Where the last insertion or deletion of an edit ends, in the text after it. */
function endOf(edit: Edit): number {
	return edit.reduce<number>((at, part) => at + (typeof part === 'string' ? pointsIn(part) : typeof part === 'number' ? part : 0), 0)
}

/** Steps of undo (newest last, each over the text after the ones above it are done), carried over somebody else's edit. */
function carriedOver(steps: readonly Edit[], edit: Edit): Edit[] {
	const carried: Edit[] = []
	let over = edit
	for (const step of [...steps].reverse()) {
		carried.unshift(transform(step, over, 'left'))
		over = transform(over, step, 'right')
	}
	return carried
}

function change(old: string, now: string, edit: Edit): TextChange {
	return {
		move(index) {
			const to = forward(now, 0, carry(pointsIn(old, index), edit))
			return to < 0 ? now.length : to
		},
	}
}
