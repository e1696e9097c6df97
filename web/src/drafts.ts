/*
 * What is half written, kept at every keystroke, per class, person and place: the statement in the composer, and every
 * post that is being mended. It leaves only when it was posted or thrown away.
 */
import type { Store } from './browser'
import { PARTS, type Words } from './statement'

const PREFIX = 'forwhom.draft.'

export interface Draft {
	words: Words
	/** The section it is meant for; empty for none chosen. */
	section: string
}

export const emptyDraft = (): Draft => ({ words: { for: '', who: '', offer: '', helps: '', venture: '' }, section: '' })

export const isEmptyDraft = (draft: Draft): boolean => PARTS.every((part) => draft.words[part].trim() === '') && draft.words.venture.trim() === ''

export class Drafts {
	constructor(
		private readonly store: Store,
		private readonly scope: string,
	) {}

	/** The draft kept for a place (`new`, or the id of what is being mended), or null. */
	read(place: string): Draft | null {
		try {
			const kept = JSON.parse(this.store.getItem(this.key(place)) ?? 'null') as Partial<Draft> | null
			if (!kept || typeof kept !== 'object') return null
			const empty = emptyDraft()
			for (const key of Object.keys(empty.words) as (keyof Words)[]) {
				const words: unknown = kept.words?.[key]
				if (typeof words === 'string') empty.words[key] = words
			}
			return { words: empty.words, section: typeof kept.section === 'string' ? kept.section : '' }
		} catch {
			return null
		}
	}

	/** False when the browser would not store it. */
	write(place: string, draft: Draft): boolean {
		try {
			if (isEmptyDraft(draft)) this.store.removeItem(this.key(place))
			else this.store.setItem(this.key(place), JSON.stringify(draft))
			return true
		} catch {
			return false
		}
	}

	clear(place: string): void {
		this.store.removeItem(this.key(place))
	}

	private key(place: string): string {
		return `${PREFIX}${this.scope}.${place}`
	}
}
