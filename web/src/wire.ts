/*
 * The messages of proto/README.md as types. Only their shapes: what they mean is written there, and what objects and
 * commands hold is in gen/tables.ts.
 */
import type { Commands, Role } from './gen/tables'

export type Value = string | number | boolean
export type Fields = Readonly<Record<string, Value>>

/** One object of a document. Never changed in place: a changed object is a new one, so `===` tells whether it moved. */
export interface WireObject {
	readonly id: string
	readonly kind: string
	readonly fields: Fields
}

export type Edit = readonly (number | string | { readonly d: number | string })[]

export type Op =
	| { op: 'put'; id: string; kind: string; fields: Fields }
	| { op: 'set'; id: string; fields: Readonly<Record<string, Value | null>> }
	| { op: 'text'; id: string; field: string; rev: number; edit: Edit }
	| { op: 'del'; id: string }

/** What a command is asked with. */
export type CommandArgs = Readonly<Record<string, Value | readonly string[] | Edit>>

export type SayArgs = Readonly<Record<string, string | number | boolean>>

export interface Welcome {
	t: 'welcome'
	v: number
	minor?: number
	build: string
	now: number
	class: string
	me: string
	role: Role
	start: string
}
export interface Snapshot {
	t: 'snapshot'
	doc: string
	epoch: number
	at: number
	part: number
	last: boolean
	objects: WireObject[]
	sum?: string
}
export interface Ops {
	t: 'ops'
	doc: string
	epoch: number
	at: number
	ops: Op[]
	sum?: string
}
export interface Mine {
	t: 'mine'
	doc: string
	n: number
	at?: number
	whole?: boolean
	objects?: WireObject[]
	gone?: string[]
}
export interface Ok {
	t: 'ok'
	id: string
	doc: string
	at: number
	result?: { state?: 'shown' | 'held'; rev?: number; documents?: string[]; notes?: string[]; did?: string }
}
export interface No {
	t: 'no'
	id?: string
	/** The document that could not be opened. */
	doc?: string
	code: string
	say: string
	args?: SayArgs
	retry_ms?: number
}
export interface Notice {
	t: 'notice'
	readonly: boolean
	say?: string
	args?: SayArgs
}
/** What was typed in a note since the revision that was named, or that it cannot be told any more. */
export interface Texts {
	t: 'texts'
	doc: string
	id: string
	rev?: number
	edits?: Edit[]
	own?: number
	lost?: boolean
}
/** Where somebody is. In the class document: in which document. */
export interface Here {
	who: string
	in?: string
	box?: string
	note?: string
	caret?: [number, number]
	rev?: number
}
export interface Presence {
	t: 'presence'
	doc: string
	whole?: boolean
	here?: Here[]
	gone?: string[]
}
export interface Moment {
	at: number
	ms: number
	who?: string
	cmd: string
	n: number
	id?: string
}
interface Part {
	id: string
	doc: string
	part: number
	last?: boolean
}
export type History = Part & { t: 'history'; moments: Moment[] }
export type MomentPart = Part & { t: 'moment'; at: number; objects: WireObject[] }
export type File = Part & { t: 'file'; format: string; text: string }

export type FromServer =
	| Welcome
	| Snapshot
	| Ops
	| Mine
	| Ok
	| No
	| Notice
	| Texts
	| Presence
	| History
	| MomentPart
	| File
	| { t: 'pong'; now: number }
	| { t: 'reload'; doc: string }

export const PROTOCOL = 'forwhom.1'

/** The first message of a connection; `open` saves the round trip of asking for documents after it. */
export const hello = (code: string, credential: Credential, open: readonly object[] = BEGINNING): string =>
	JSON.stringify({ t: 'hello', v: 1, class: code, ...credential, open })

/** What every page opens that has nothing yet: the class, and the document it starts with. */
export const BEGINNING: readonly object[] = [{ doc: 'class' }, { doc: 'start' }]

export type CommandName = keyof Commands

/** How a person proves who they are: a student's own secret, or an instructor's single-use ticket. */
export type Credential = { secret: string; name?: string } | { ticket: string }
