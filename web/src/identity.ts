/*
 * Who this browser is, per class: a student's secret, or the fact that an instructor is signed in (the proof of that is
 * a cookie the page cannot read). On a shared device the secret goes with the tab.
 */
import { keysOf, type Store } from './browser'
import { newSecret } from './ids'
import type { Credential } from './wire'

export type Identity =
	| { as: 'member'; secret: string; name: string; shared: boolean }
	| { as: 'staff'; name: string }

interface Kept {
	secret: string
	name: string
	title?: string
}

const ME = 'forwhom.me.'
const STAFF = 'forwhom.staff'
const AS_STAFF = 'forwhom.desk.'

function parse(text: string | null): Kept | null {
	try {
		const kept = JSON.parse(text ?? 'null') as Kept | null
		return kept && typeof kept.secret === 'string' ? { ...kept, name: String(kept.name ?? '') } : null
	} catch {
		return null
	}
}

export class Identities {
	constructor(
		private readonly local: Store,
		private readonly session: Store,
	) {}

	/** Who this browser is in a class, or null when nobody yet. */
	of(code: string): Identity | null {
		const staff = this.staffName()
		if (staff !== null && this.local.getItem(AS_STAFF + code) !== null) return { as: 'staff', name: staff }
		const here = parse(this.session.getItem(ME + code))
		const kept = here ?? parse(this.local.getItem(ME + code))
		return kept && { as: 'member', secret: kept.secret, name: kept.name, shared: here !== null }
	}

	/** A new person, with a secret made here; or the one whose secret came in a link. */
	join(code: string, name: string, shared: boolean, secret: string = newSecret()): Identity {
		const store = shared ? this.session : this.local
		store.setItem(ME + code, JSON.stringify({ secret, name }))
		this.local.removeItem(AS_STAFF + code)
		return { as: 'member', secret, name, shared }
	}

	/** What the class calls itself and this person, for the door's list. */
	note(code: string, title: string, name: string): void {
		for (const store of [this.session, this.local]) {
			const kept = parse(store.getItem(ME + code))
			if (kept && (kept.title !== title || kept.name !== name)) {
				store.setItem(ME + code, JSON.stringify({ ...kept, title, name: name || kept.name }))
			}
		}
	}

	forget(code: string): void {
		this.session.removeItem(ME + code)
		this.local.removeItem(ME + code)
		this.local.removeItem(AS_STAFF + code)
	}

	/** The classes this browser has joined, for a short way back. */
	joined(): { code: string; title: string; name: string }[] {
		const codes = new Set([...keysOf(this.session, ME), ...keysOf(this.local, ME)].map((key) => key.slice(ME.length)))
		return [...codes].flatMap((code) => {
			const kept = parse(this.session.getItem(ME + code)) ?? parse(this.local.getItem(ME + code))
			return kept ? [{ code, title: kept.title ?? '', name: kept.name }] : []
		})
	}

	staffName(): string | null {
		return this.local.getItem(STAFF)
	}

	signIn(name: string): void {
		this.local.setItem(STAFF, name)
	}

	signOut(): void {
		this.local.removeItem(STAFF)
		for (const key of keysOf(this.local, AS_STAFF)) this.local.removeItem(key)
	}

	/** From now on this browser enters the class as its instructor. */
	enterAsStaff(code: string): void {
		this.local.setItem(AS_STAFF + code, '1')
	}
}

export const credentialOf = ({ secret, name }: { secret: string; name: string }): Credential => ({ secret, ...(name && { name }) })

/** Names the person's boxes and drafts: not the secret itself, which would then lie about in more places. */
export const scopeOf = (code: string, identity: Identity): string =>
	identity.as === 'staff' ? `${code}.staff.${identity.name}` : `${code}.${identity.secret.slice(0, 8)}`
