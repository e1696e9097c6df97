/* The browser's stores, or substitutes that last as long as the tab where it refuses them. */
import type { Store } from './outbox'

export function memoryStore(): Store {
	const kept = new Map<string, string>()
	return {
		getItem: (key) => kept.get(key) ?? null,
		setItem: (key, value) => void kept.set(key, value),
		removeItem: (key) => void kept.delete(key),
		key: (n) => [...kept.keys()][n] ?? null,
		get length() {
			return kept.size
		},
	}
}

function usable(name: 'localStorage' | 'sessionStorage'): Store {
	try {
		const store = globalThis[name]
		store.setItem('forwhom.probe', '1')
		store.removeItem('forwhom.probe')
		return store
	} catch {
		return memoryStore()
	}
}

export const localStore = (): Store => usable('localStorage')
export const sessionStore = (): Store => usable('sessionStorage')
